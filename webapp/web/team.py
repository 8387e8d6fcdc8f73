"""Serves the page of the own team: found, join, renew the code, leave."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refused
from webapp.http.identity import own_team, runtime
from webapp.services.people import teams
from webapp.web.guards import current_user, signed_in

bp = Blueprint("team", __name__, url_prefix="/team")


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    """Show the team, or the forms to found and join one."""
    return _page(None)


@bp.post("")
@signed_in
def create() -> ResponseReturnValue:
    """Found a team."""
    try:
        with runtime().session() as database:
            teams.create_team(
                database, user_id=current_user().id, name=request.form.get("name", "")
            )
    except Refused as refusal:
        return _page(refusal), 422
    flash("Your team is ready. Give the join code to your colleagues.", "ok")
    return redirect(url_for("team.show"), code=303)


@bp.post("/join")
@signed_in
def join() -> ResponseReturnValue:
    """Become a member by a code."""
    try:
        with runtime().session() as database:
            teams.join_team(
                database, user_id=current_user().id, join_code=request.form.get("join_code", "")
            )
    except Refused as refusal:
        return _page(refusal), 422
    flash("You are in.", "ok")
    return redirect(url_for("team.show"), code=303)


@bp.post("/code")
@signed_in
def renew() -> ResponseReturnValue:
    """Replace the join code."""
    with runtime().session() as database:
        teams.renew_join_code(database, user_id=current_user().id)
    flash("There is a new join code; the old one no longer works.", "ok")
    return redirect(url_for("team.show"), code=303)


@bp.post("/leave")
@signed_in
def leave() -> ResponseReturnValue:
    """Leave the team."""
    try:
        with runtime().session() as database:
            teams.leave_team(database, user_id=current_user().id)
    except Refused as refusal:
        return _page(refusal), 409
    flash("You have left the team.", "ok")
    return redirect(url_for("team.show"), code=303)


def _page(refusal: Refused | None) -> str:
    g.pop("team", None)  # the team read before the change is out of date
    return render_template("team.html", team=own_team(), refusal=refusal, form=request.form)

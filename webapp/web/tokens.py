"""Serves the page of API tokens: make one, which is shown once; list and revoke them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.database.models import Scope
from webapp.errors import RefusalCode, Refused
from webapp.http.identity import runtime
from webapp.services.people import tokens
from webapp.web.guards import current_user, signed_in

bp = Blueprint("tokens", __name__, url_prefix="/tokens")

_DIGITS_OF_DAYS = 4


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Show the tokens in use."""
    return _page()


@bp.post("")
@signed_in
def create() -> ResponseReturnValue:
    """Make a token, and show it in this answer only."""
    try:
        with runtime().session() as database:
            token = tokens.create_token(
                database,
                user_id=current_user().id,
                name=request.form.get("name", ""),
                scopes=_scopes(),
                days=_days(),
            )
    except Refused as refusal:
        return _page(refusal=refusal), 422
    return _page(new_token=token)


@bp.post("/<int:token_id>/revoke")
@signed_in
def revoke(token_id: int) -> ResponseReturnValue:
    """Revoke a token."""
    with runtime().session() as database:
        tokens.revoke_token(database, user_id=current_user().id, token_id=token_id)
    flash("The token no longer works.", "ok")
    return redirect(url_for("tokens.index"), code=303)


def _page(new_token: str | None = None, refusal: Refused | None = None) -> str:
    with runtime().reading() as database:
        listed = tokens.list_tokens(database, current_user().id)
    return render_template(
        "tokens.html",
        tokens=[token for token in listed if token.is_active],
        new_token=new_token,
        refusal=refusal,
        form={} if new_token else request.form,
    )


def _scopes() -> frozenset[Scope]:
    try:
        return frozenset(Scope(value) for value in request.form.getlist("scope"))
    except ValueError:
        raise Refused(
            RefusalCode.INVALID_FIELD, "There is no such scope.", field="scopes"
        ) from None


def _days() -> int:
    text = request.form.get("days", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_OF_DAYS):
        raise Refused(RefusalCode.INVALID_FIELD, "A whole number of days, please.", field="days")
    return int(text)

"""Serves the forms to register, sign in and sign out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refused
from webapp.http import identity
from webapp.http.identity import runtime
from webapp.http.limits import (
    REGISTER_LIMIT,
    SIGN_IN_LIMIT,
    forget_attempts,
    is_refusal,
    limiter,
    sign_in_name,
)
from webapp.services.people import accounts
from webapp.web.guards import safe_target

bp = Blueprint("accounts", __name__)


@bp.get("/register")
def register() -> ResponseReturnValue:
    """Show the form."""
    return _register_form(None)


@bp.post("/register")
@limiter.limit(REGISTER_LIMIT)
def create() -> ResponseReturnValue:
    """Make an account, sign its owner in, and redirect to the team's page."""
    try:
        with runtime().session() as database:
            user = accounts.register(
                database,
                email=request.form.get("email", ""),
                name=request.form.get("name", ""),
                password=request.form.get("password", ""),
            )
    except Refused as refusal:
        return _register_form(refusal), 422
    identity.sign_in(user)
    flash("Welcome. Start a team or join one, then you can submit.", "ok")
    return redirect(url_for("team.show"), code=303)


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Show the form."""
    return _sign_in_form(request.args.get("next"), has_failed=False)


@bp.post("/sign-in")
@limiter.limit(SIGN_IN_LIMIT, deduct_when=is_refusal)
@limiter.limit(SIGN_IN_LIMIT, key_func=sign_in_name)
def authenticate() -> ResponseReturnValue:
    """Sign in; unknown accounts and wrong passwords get the same answer."""
    with runtime().session() as database:
        user = accounts.authenticate(
            database,
            email=request.form.get("email", ""),
            password=request.form.get("password", ""),
        )
    if user is None:
        return _sign_in_form(request.form.get("next"), has_failed=True), 422
    forget_attempts()
    identity.sign_in(user)
    return redirect(safe_target(request.form.get("next")) or url_for("start.index"), code=303)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session, if it has one."""
    identity.sign_out()
    flash("You are signed out.", "ok")
    return redirect(url_for("start.index"), code=303)


def _register_form(refusal: Refused | None) -> str:
    return render_template("accounts/register.html", refusal=refusal, form=request.form)


def _sign_in_form(target: str | None, *, has_failed: bool) -> str:
    return render_template(
        "accounts/sign_in.html",
        form=request.form,
        next=safe_target(target) or "",
        has_failed=has_failed,
    )

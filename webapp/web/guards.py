"""Sends people who are not signed in to the sign-in page first."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import RefusalCode, Refused
from webapp.http.identity import signed_in_user
from webapp.services.people.accounts import UserView

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def signed_in(view: View[P]) -> View[P]:
    """Redirect people who are not signed in to the sign-in page, and back here afterwards."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if signed_in_user() else redirect_to_sign_in()

    guarded.needs_sign_in = True  # type: ignore[attr-defined]  # read by `forgery` before the body
    return guarded


def redirect_to_sign_in() -> ResponseReturnValue:
    """Redirect to the sign-in page, which leads back to the page if that was only read."""
    target = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
    return redirect(url_for("accounts.sign_in", next=target), code=303)


def current_user() -> UserView:
    """Return who is signed in, in a view behind `signed_in`."""
    user = signed_in_user()
    if user is None:
        raise Refused(RefusalCode.SIGN_IN_REQUIRED, "Please sign in first.")
    return user


def safe_target(target: str | None) -> str | None:
    """Return the target if it is a path of this site, else None: sign-in never leads elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    return None if "\\" in target or any(ord(one) < ord(" ") for one in target) else target

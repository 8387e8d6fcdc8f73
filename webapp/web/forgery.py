"""Refuses requests that another site made in a person's name: by size, origin, sign-in, token."""

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped] # the package has no hints
from werkzeug.exceptions import Forbidden

from webapp.http.bodies import FORM_OVERHEAD_BYTES, max_file_bytes
from webapp.http.identity import runtime, signed_in_user
from webapp.services.phases import challenges
from webapp.web.guards import redirect_to_sign_in

UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
API_PREFIX = "/api/"

_protection = CSRFProtect()


def refuse_forged_requests(app: Flask) -> None:
    """Check every unsafe request to a page before its view, and if possible before its body."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # called below, after the cheaper checks
    _protection.init_app(app)
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    if request.method not in UNSAFE_METHODS or request.path.startswith(API_PREFIX):
        return None
    if request.endpoint is None:
        return None
    _require_own_origin()
    if _needs_sign_in() and signed_in_user() is None:
        return redirect_to_sign_in()
    if request.endpoint == "uploads.create":
        _raise_body_limit(request.view_args or {})
    _protection.protect()
    return None


def _require_own_origin() -> None:
    """Refuse a request from another origin, which browsers name in every unsafe request."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    own = {_origin(runtime().settings.public_url), _origin(request.host_url)}
    if origin not in own:
        raise Forbidden("This form was sent from another site.")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _needs_sign_in() -> bool:
    view = current_app.view_functions[request.endpoint or ""]
    return bool(getattr(view, "needs_sign_in", False))


def _raise_body_limit(view_args: dict[str, str]) -> None:
    """Raise the limit of the body to what the phase's kind allows."""
    with runtime().reading() as database:
        phase = challenges.phase(database, view_args["slug"])
    request.max_content_length = max_file_bytes(runtime().settings, phase) + FORM_OVERHEAD_BYTES

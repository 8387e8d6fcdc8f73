"""Builds the Flask application: settings, limits, guards, pages and API."""

from typing import Any

from apiflask import APIFlask
from flask import Response
from flask.json.provider import DefaultJSONProvider

from webapp import api, web
from webapp.database import patience
from webapp.http import limits
from webapp.http.bodies import FORM_OVERHEAD_BYTES, MAX_FORM_PARTS, note_arrival, require_whole_body
from webapp.http.headers import add_security_headers, security_headers
from webapp.http.hostile_text import refuse_hostile_address
from webapp.http.hosts import serve_own_hosts
from webapp.http.proxies import trust_proxies
from webapp.http.spooling import SpoolingRequest
from webapp.http.tracing import trace_requests
from webapp.runtime import Runtime

TITLE = "Camelyon leaderboard"
API_VERSION = "1"


class StrictJson(DefaultJSONProvider):
    """Writes JSON without NaN and infinities, which JSON does not have; keys keep their order."""

    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Serialise; raise ValueError for NaN and infinities."""
        return super().dumps(obj, allow_nan=False, **kwargs)


def create_app(runtime: Runtime) -> APIFlask:
    """Return the application that serves pages and API from one runtime."""
    app = APIFlask(
        __name__,
        title=TITLE,
        version=API_VERSION,
        spec_path=None,
        docs_path=None,
        json_errors=False,
    )
    app.json = StrictJson(app)
    app.request_class = SpoolingRequest
    app.extensions["camelyon"] = runtime
    _configure(app, runtime)
    trust_proxies(app, runtime.settings.trusted_proxies)
    trace_requests(app)
    app.before_request(patience.start_request)
    serve_own_hosts(app, runtime.settings.public_url)
    app.before_request(note_arrival)
    app.before_request(require_whole_body)
    app.before_request(refuse_hostile_address)
    web.register(app)  # its guards come first, since rates are limited by person
    limits.limit_rates(app, runtime.settings)
    api.register(app)
    _add_headers(app, is_https=runtime.settings.is_https)
    return app


def _configure(app: APIFlask, runtime: Runtime) -> None:
    settings = runtime.settings
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="__Host-session" if settings.is_https else "session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=FORM_OVERHEAD_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_OVERHEAD_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        WTF_CSRF_TIME_LIMIT=None,  # the session's, so that no form expires during a slow upload
        OPENAPI_VERSION="3.1.0",
        SERVERS=[{"url": settings.public_url}],
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _add_headers(app: APIFlask, *, is_https: bool) -> None:
    headers = security_headers(is_https=is_https)

    def add(response: Response) -> Response:
        return add_security_headers(response, headers)

    app.after_request(add)

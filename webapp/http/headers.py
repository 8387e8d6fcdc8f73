"""Sets the headers of answers: security, caching, strong ETags."""

import hashlib
from http import HTTPStatus

from flask import Response, request
from secure import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
)

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Allows nothing inline and no other site; ``data:`` only for the style sheet's own icons."""

HSTS_SECONDS = 63_072_000
"""Two years, as browsers' preload lists require."""

STATIC_SECONDS = 3600


def security_headers(*, is_https: bool) -> Secure:
    """Return the security headers of every answer."""
    return Secure(
        csp=ContentSecurityPolicy().value(CONTENT_POLICY),
        coop=CrossOriginOpenerPolicy().same_origin(),
        corp=CrossOriginResourcePolicy().same_origin(),
        # Flask-WTF compares the referrer on https, so our own pages must send it.
        referrer=ReferrerPolicy().same_origin(),
        permissions=PermissionsPolicy().value("camera=(), geolocation=(), microphone=()"),
        xcto=XContentTypeOptions().nosniff(),
        hsts=StrictTransportSecurity().max_age(HSTS_SECONDS) if is_https else None,
    )


def add_security_headers(response: Response, headers: Secure) -> Response:
    """Add security headers to an answer, and forbid caching unless the answer allows it."""
    headers.set_headers(response)
    response.vary.update(("Cookie", "Authorization"))
    if request.endpoint == "static" and response.status_code < HTTPStatus.BAD_REQUEST:
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
        response.headers.pop("Vary", None)
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def conditional_answer(response: Response, version: str | None = None) -> Response:
    """Give an answer an ETag, and turn it into 304 when the client has this version already.

    Parameters
    ----------
    version : str, optional
        The ETag, which must change whenever the content does; by default the content's digest.
    """
    tag = hashlib.sha256(response.get_data()).hexdigest()[:32] if version is None else version
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response

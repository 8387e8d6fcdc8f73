"""Limits how often somebody signs in, registers and submits."""

from flask import Flask, Response, g, request
from flask_limiter import HeaderNames, Limiter

from webapp.http.counters import SCHEME
from webapp.settings import Settings

SIGN_IN_LIMIT = "10 per 5 minutes"
"""Sign-ins for an account, until one succeeds, and failed ones from an address."""

REGISTER_LIMIT = "30 per 5 minutes"
SUBMIT_LIMIT = "300 per hour"
"""Files sent by one person, whatever becomes of them; the quota is another matter."""


def _address() -> str:
    return request.remote_addr or "unknown"


def sign_in_name() -> str:
    """Return the account that a sign-in is about, however it is typed."""
    return "account:" + request.form.get("email", "").strip().casefold()[:320]


def asker() -> str:
    """Return who sends: the person behind the token or the session, else the address.

    Asked once that is known: what anybody may write into a header would fill the broker's memory.
    """
    user = g.get("user")
    return _address() if user is None else f"user:{user.id}"


def is_refusal(response: Response) -> bool:
    """Tell whether an attempt failed: only those count against signing in."""
    return response.status_code not in {200, 303}


RESET = "RateLimit-Reset"

# The extension writes the moment of the reset into one field and the seconds until then into
# another, `Retry-After`, on every answer: it would tell the client of an accepted submission to
# ask again in an hour. Both go into the one field that the IETF's draft counts in seconds.
limiter = Limiter(
    key_func=_address,
    header_name_mapping={
        HeaderNames.LIMIT: "RateLimit-Limit",
        HeaderNames.REMAINING: "RateLimit-Remaining",
        HeaderNames.RESET: RESET,
        HeaderNames.RETRY_AFTER: RESET,
    },
)


def forget_attempts() -> None:
    """Give an account its attempts back, since it has signed in.

    They are counted before the password is looked at: failures counted afterwards let as many
    guesses through at once as there are threads.
    """
    for limit in limiter.current_limits:
        if limit.request_args[0] == sign_in_name():
            limiter.limiter.clear(limit.limit, *limit.request_args)


def limit_rates(app: Flask, settings: Settings) -> None:
    """Attach the limits to an application."""
    app.after_request(_say_when_to_retry)  # runs after the limiter's own, which is added below
    app.config.update(
        RATELIMIT_STORAGE_URI=f"{SCHEME}://",
        RATELIMIT_STORAGE_OPTIONS={
            "address": settings.redis_address,
            "timeout_seconds": settings.broker_timeout_seconds,
        },
        RATELIMIT_HEADERS_ENABLED=True,
        RATELIMIT_STRATEGY="moving-window",  # fixed ones let twice as many through at their seam
    )
    limiter.init_app(app)


def _say_when_to_retry(response: Response) -> Response:
    """Tell whoever was too fast how long to wait; nobody else's `Retry-After` is touched."""
    limit = limiter.current_limit
    if limit is not None and limit.breached:
        response.headers["Retry-After"] = response.headers[RESET]
    return response

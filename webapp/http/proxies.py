"""Takes the client's address and scheme from the proxies that an installation trusts."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.http import parse_list_header
from werkzeug.middleware.proxy_fix import ProxyFix

_FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"


class TrustedProxies:
    """A WSGI layer that believes what the nearest proxies wrote, and nothing that came before.

    Each proxy appends the address that asked it to `X-Forwarded-For`, so the client is the last
    entry but ``n_proxies - 1``; what a client writes there itself stands further left. Of
    `X-Forwarded-Proto`, which proxies replace instead, the last value counts. Where an entry is
    missing, the address of the connection stays.

    `X-Forwarded-Host` is never believed: addresses are built from `CAMELYON_PUBLIC_URL`, and a
    proxy that passes `Host` on needs nothing else.
    """

    def __init__(self, application: WSGIApplication, n_proxies: int) -> None:
        self._application = ProxyFix(application, x_for=n_proxies, x_proto=1, x_host=0)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, told who really asks."""
        if _FORWARDED_FOR in environ:
            environ[_FORWARDED_FOR] = _without_quotes(environ[_FORWARDED_FOR])
        return self._application(environ, start_response)


def trust_proxies(app: Flask, n_proxies: int) -> None:
    """Let an application see through this many proxies; with 0 no such header is looked at."""
    if n_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, n_proxies)  # type: ignore[method-assign]


def forwarded_address(forwarded_for: str, connected: str, n_proxies: int) -> str:
    """Return the client's address as `TrustedProxies` will tell it to the application.

    Parameters
    ----------
    forwarded_for : str
        The header's value; empty without it.
    connected : str
        The address at the other end of the connection, which stays where an entry is missing.
    """
    entries = parse_list_header(_without_quotes(forwarded_for))
    if not n_proxies or len(entries) < n_proxies:
        return connected
    return entries[-n_proxies] or connected


def _without_quotes(forwarded_for: str) -> str:
    """Return the header without quotation marks.

    werkzeug takes everything after one for one string, so that a client who writes one would hide
    its own address and be counted with the proxy's.
    """
    return forwarded_for.replace('"', "")

"""Serves the public URL's host and this machine's own names, and no other that a client names."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

from webapp.settings import LOOPBACK_HOSTS


def serve_own_hosts(app: Flask, public_url: str) -> None:
    """Refuse requests for other hosts, with any port; redirect none to the host that it names.

    Flask's `TRUSTED_HOSTS` refuses before there are routes, so that no page could be built.
    """
    own = LOOPBACK_HOSTS | {_name_of(urlsplit(public_url).netloc)}

    def refuse_other_hosts() -> None:
        if _name_of(request.host) not in own:
            raise BadRequest("This host is not served here.")

    app.before_request(refuse_other_hosts)
    app.after_request(_name_no_host)
    # Otherwise `//` in a path is answered with a redirect to the whole address, host and all.
    app.url_map.merge_slashes = False


def _name_no_host(response: Response) -> Response:
    """Shorten the framework's own redirects, which name the request's host, to their path."""
    location = response.headers.get("Location", "")
    if location.startswith(request.host_url):
        response.headers["Location"] = "/" + location.removeprefix(request.host_url).lstrip("/")
    return response


def _name_of(host: str) -> str | None:
    """Return a host's name in the form in which browsers send it, without its port."""
    try:
        name = urlsplit(f"//{host}").hostname
        return None if name is None else name.removesuffix(".").encode("idna").decode("ascii")
    except ValueError:  # not a host at all
        return None

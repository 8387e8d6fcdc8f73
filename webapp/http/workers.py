"""Tells workers, after a commit, that there is work; the message is a hint and may be lost."""

from typing import cast

from flask import Flask, current_app

from webapp.http.identity import runtime
from webapp.tasks import Announcer

_ANNOUNCER = "camelyon.announcer"


def notify_workers() -> None:
    """Have a hint sent to a slot that waits; return at once and raise nothing.

    The rows are committed, so a failure only makes the service slower: slots look for work
    themselves. No request waits for the broker here.
    """
    announcer = current_app.extensions.setdefault(_ANNOUNCER, Announcer(runtime()))
    cast("Announcer", announcer).announce_soon()


def stop_notifying(app: Flask) -> None:
    """End the thread that sends hints for an application that is no longer used."""
    announcer = app.extensions.pop(_ANNOUNCER, None)
    if announcer is not None:
        cast("Announcer", announcer).stop()

"""Defines ``camelyon doctor``, which checks the service and names what is wrong."""

import http.client
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from evaluator.decoding import ConfinementError, ConfinementLevel, confinement_level
from webapp.commands.failures import FAILURE_EXIT_CODE, plain_errors
from webapp.commands.options import HomeOption, runtime_of
from webapp.commands.private_files import private_files
from webapp.commands.queue_findings import queue_findings, slot_findings
from webapp.database.migrations import is_current
from webapp.processes.embedded import broker_answers
from webapp.runtime import Runtime
from webapp.services.operations.invariants import ALIVE_SECONDS, violations
from webapp.services.records.liveness import HeartbeatView, list_heartbeats
from webapp.settings import Confinement

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HEARTBEAT_ROLES = ("worker", "beat")
WEB_TIMEOUT_SECONDS = 5.0

Finding = tuple[bool, str]
"""Whether the check passed, and the text to print."""


@app.command()
def doctor(
    *,
    home: HomeOption = None,
    heartbeat: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Only: is this machine's worker, or beat, alive?"),
    ] = None,
    web: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Only: does the web server answer?")
    ] = None,
    read_blobs: Annotated[bool, typer.Option("--read-blobs", help="Hash every file.")] = False,
) -> None:
    """Check settings, database, broker, heartbeats and every promise; exit 1 on trouble."""
    if web is not None:
        _report(iter([_web(web)]))
        return
    with plain_errors():
        runtime = runtime_of(home)
    if heartbeat is not None:
        _report(_pulse(runtime, heartbeat))
        return
    _report(_everything(runtime, home, reads_blobs=read_blobs))


def _report(findings: Iterator[Finding]) -> None:
    is_well = True
    for is_fine, words in findings:
        typer.echo(f"{'ok  ' if is_fine else 'BAD '} {words}")
        is_well = is_well and is_fine
    if not is_well:
        raise typer.Exit(FAILURE_EXIT_CODE)


def _everything(runtime: Runtime, home: Path | None, *, reads_blobs: bool) -> Iterator[Finding]:
    yield True, "settings"
    yield _broker(runtime)
    if not runtime.settings.blob_dir.is_dir():
        yield False, f"no folder of files at {runtime.settings.blob_dir}"
    yield private_files(home, runtime.settings.blob_dir)
    yield from _truth(runtime.settings.truth_dir)
    yield _decoder(runtime.settings.minimum_confinement)
    try:
        yield from _database(runtime, reads_blobs=reads_blobs)
    except SQLAlchemyError as error:
        yield False, f"database: {type(error).__name__}"


def _broker(runtime: Runtime) -> Finding:
    is_reached = broker_answers(runtime.settings.redis_address)
    return is_reached, "broker answers" if is_reached else "broker does not answer"


def _truth(folder: Path | None) -> Iterator[Finding]:
    if folder is not None:
        yield folder.is_dir(), f"truth at {folder}"


def _decoder(minimum: Confinement) -> Finding:
    try:
        level = confinement_level()
    except ConfinementError as error:
        return False, str(error)
    words = f"decoder of participants' files: {level.name.lower()}, at least {minimum.value} wanted"
    return level >= ConfinementLevel[minimum.name], words


def _database(runtime: Runtime, *, reads_blobs: bool) -> Iterator[Finding]:
    is_up_to_date = is_current(runtime.engine)
    yield is_up_to_date, "database" if is_up_to_date else "database: run `camelyon db upgrade`"
    if not is_up_to_date:
        return
    with runtime.reading() as session:
        yield from _roles(list_heartbeats(session))
        yield from slot_findings(session)
        yield from queue_findings(session, runtime.celery)
        found = violations(session, runtime.storage, reads_blobs=reads_blobs)
    for name, count in found.items():
        yield count == 0, f"{name} " + ("holds" if count == 0 else f"broken by {count}")


def _roles(found: list[HeartbeatView]) -> Iterator[Finding]:
    for role in HEARTBEAT_ROLES:
        yield _freshest(found, role, lambda _: True)


def _pulse(runtime: Runtime, role: str) -> Iterator[Finding]:
    try:
        with runtime.reading() as session:
            found = list_heartbeats(session)
            here = os.uname().nodename
            slots = list(slot_findings(session, here)) if role == "worker" else []
    except SQLAlchemyError as error:
        yield False, f"database: {type(error).__name__}"
        return
    yield from slots
    yield _freshest(
        found, role, lambda heartbeat: role == "beat" or heartbeat.name.endswith(f"@{here}")
    )


def _freshest(
    found: list[HeartbeatView], role: str, is_meant: Callable[[HeartbeatView], bool]
) -> Finding:
    ages = [
        heartbeat.age_seconds
        for heartbeat in found
        if heartbeat.role == role and is_meant(heartbeat)
    ]
    if not ages:
        return False, f"{role}: never seen"
    return min(ages) <= ALIVE_SECONDS, f"{role}: last seen {min(ages):.0f} s ago"


def _web(place: str) -> Finding:
    connection = http.client.HTTPConnection(place, timeout=WEB_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except OSError as error:
        return False, f"web at {place}: {type(error).__name__}"
    finally:
        connection.close()
    return status == http.client.OK, f"web at {place}: {status}"

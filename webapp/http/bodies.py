"""Bounds request bodies: notes when they arrive, limits their size, requires all of them."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import IO

from flask import g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import LengthRequired

from evaluator.archives import parsed_json
from evaluator.errors import SubmissionError
from ground_truth.types import Kind
from webapp.database.engine import read_clock
from webapp.http.problems import ErrorItem, InvalidRequestError
from webapp.services.phases.challenges import PhaseView
from webapp.settings import Settings

BYTES_A_MIB = 1024 * 1024
FORM_OVERHEAD_BYTES = 256 * 1024
"""Size allowed for a form's other fields and multipart headers; also the limit of plain forms."""
MAX_FORM_PARTS = 50
JSON_BODY_BYTES = 72 * 1024
"""The longest method card, with each character escaped twice (a surrogate pair), fits in."""

_CHUNK_BYTES = 1024 * 1024


def note_arrival() -> None:
    """Note the time of the request's arrival, before anything reads the body."""
    g.arrived = time.monotonic()


def arrival_time(database: Session) -> datetime:
    """Return when the current request arrived, on the database's clock.

    This process's own clock only tells how many seconds ago that was.
    """
    return read_clock(database) - timedelta(seconds=time.monotonic() - float(g.arrived))


def max_file_bytes(settings: Settings, phase: PhaseView) -> int:
    """Return the largest file size that a phase accepts; heatmaps may be larger than tables."""
    if phase.kind is not Kind.LESIONS:
        return settings.max_table_mib * BYTES_A_MIB
    takes_heatmaps = bool(phase.parameters.get("allows_heatmaps"))
    limit_mib = settings.max_heatmaps_mib if takes_heatmaps else settings.max_upload_mib
    return limit_mib * BYTES_A_MIB


def max_any_file_bytes(settings: Settings) -> int:
    """Return the largest file size that any phase accepts.

    The phase is named in the body, so its own limit is not known before the body is read.
    """
    return max(settings.max_heatmaps_mib, settings.max_upload_mib) * BYTES_A_MIB


def require_whole_body() -> None:
    """Refuse a body that is shorter than its declared length, as when a connection breaks off.

    A client that goes away looks like a normal end of the stream. Without the server's flag
    `wsgi.input_terminated`, werkzeug compares what arrived with the declared length and refuses a
    difference. A body without a length is refused at once (411).
    """
    if request.content_length is None:
        if "Transfer-Encoding" in request.headers:
            raise LengthRequired
        return
    request.environ.pop("wsgi.input_terminated", None)


def json_body() -> object:
    """Return the request's JSON, read as strictly as participants' files; errors name the line.

    A body above `JSON_BODY_BYTES` is refused (413) before it is read.
    """
    request.max_content_length = JSON_BODY_BYTES
    try:
        return parsed_json(request.get_data(), "")
    except SubmissionError as error:
        items = tuple(
            ErrorItem(problem.code, problem.detail, line=problem.line) for problem in error.problems
        )
        raise InvalidRequestError(
            HTTPStatus.BAD_REQUEST, "The body could not be read as JSON", items
        ) from error


def read_chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield a stream in pieces of one MiB."""
    while piece := stream.read(_CHUNK_BYTES):
        yield piece


def size_of(stream: IO[bytes]) -> int:
    """Return the length in bytes of a file that has been received whole, and rewind it."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return size

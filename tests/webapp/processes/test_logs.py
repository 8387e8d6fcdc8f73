"""Checks what the processes log, and what they must never log."""

import json
import logging
from collections.abc import Iterator

import pytest

from webapp.processes.logs import configure_logs
from webapp.settings import LogFormat

CANARY = "tumour at 15840, 13472"


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root, trace = logging.getLogger(), logging.getLogger("celery.app.trace")
    handlers, level, filters = root.handlers[:], root.level, trace.filters[:]
    yield
    root.handlers[:], trace.filters[:] = handlers, filters
    root.setLevel(level)


def _fail_as_celery_does() -> None:
    try:
        float(CANARY)
    except ValueError as error:
        message = "Task %(name)s[%(id)s] raised unexpected: %(exc)s"
        logging.getLogger("celery.app.trace").exception(
            message, {"name": "camelyon.evaluate", "id": "1", "exc": str(error.args)}
        )


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_a_failed_task_is_logged_by_the_type_of_its_error_and_never_by_its_words(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(log_format)

    _fail_as_celery_does()

    written = capsys.readouterr().err
    assert "task failed: ValueError" in written
    assert CANARY not in written


def test_json_logs_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogFormat.JSON)

    logging.getLogger("webapp.anything").warning("item %d done", 7)

    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "item 7 done"
    assert json.loads(line)["level"] == "warning"

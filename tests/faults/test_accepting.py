"""Checks that posts are answered in time while broker or database hang, and none is lost."""

import logging
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.faults.arena import Arena, arena
from tests.faults.clients import posting
from tests.faults.cutting_proxy import cutting_proxy
from webapp.database.engine import make_engine
from webapp.processes.programs import BROKER

log = logging.getLogger(__name__)

pytestmark = pytest.mark.processes

BROKER_SECONDS = float(os.environ.get("CAMELYON_FAULTS_BROKER_SECONDS", "3"))
LOCK_SECONDS = float(os.environ.get("CAMELYON_FAULTS_LOCK_SECONDS", "8"))
CUTTING_SECONDS = float(os.environ.get("CAMELYON_FAULTS_CUTTING_SECONDS", "8"))
STRICT = "CAMELYON_FAULTS_STRICT" in os.environ
"""Hold answers to their promised seconds, which a machine that does nothing else can keep."""

N_CLIENTS = 8
NOTHING = threading.Event()


@contextmanager
def stopped_broker(place: Arena) -> Iterator[None]:
    """Stop the broker as a hung machine does: it takes connections and answers nothing."""
    process = place.service.process_id(BROKER)
    assert process is not None
    os.killpg(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(process, signal.SIGCONT)


@contextmanager
def locked_table(url: str) -> Iterator[None]:
    """Lock the table of submissions, as a careless migration does."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE submission IN ACCESS EXCLUSIVE MODE"))
        yield
    engine.dispose()


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Hold SQLite's write lock."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def wait(seconds: float) -> None:
    """Let a fault last."""
    NOTHING.wait(seconds)


def test_a_hung_broker_fails_no_post(tmp_path: Path) -> None:
    with arena(tmp_path) as place:
        with posting(place, N_CLIENTS, BROKER_SECONDS) as ledger:
            wait(1)
            with stopped_broker(place):
                wait(BROKER_SECONDS)
            wait(1)
        log.info("broker stopped for %s s: %s", BROKER_SECONDS, ledger.summary())

        assert set(ledger.statuses()) <= ({202} if STRICT else {202, 503})  # of a busy database
        assert not STRICT or ledger.p99_accepted_seconds() < 1
        ledger.require_nothing_lost_or_doubled(place)


def post_while_locked(place: Arena, lock: AbstractContextManager[None]) -> None:
    """Post while a lock is held, and check that nobody waits until it is released."""
    with posting(place, N_CLIENTS, LOCK_SECONDS) as ledger:
        wait(1)
        with lock:
            wait(LOCK_SECONDS)
    log.info("database locked for %s s: %s", LOCK_SECONDS, ledger.summary())

    assert set(ledger.statuses()) <= {202, 409, 503}
    assert ledger.statuses()[503] > 0
    assert ledger.slowest_answer_seconds() < (5 if STRICT else LOCK_SECONDS)
    ledger.require_nothing_lost_or_doubled(place)


def test_while_a_table_is_locked_posts_are_told_to_come_back(
    tmp_path: Path, postgres_url: str
) -> None:
    with arena(tmp_path, database_url=postgres_url) as place:
        post_while_locked(place, locked_table(postgres_url))


def test_while_sqlite_is_locked_posts_are_told_to_come_back(tmp_path: Path) -> None:
    with arena(tmp_path) as place:
        post_while_locked(place, locked_file(place.service.home.database))


def test_when_answers_to_commits_are_lost_every_client_has_one_submission_a_key(
    tmp_path: Path, postgres_url: str
) -> None:
    with (
        cutting_proxy(postgres_url) as (proxy, proxied_url),
        arena(tmp_path, database_url=proxied_url) as place,
    ):
        with posting(place, N_CLIENTS, CUTTING_SECONDS) as ledger:
            proxy.share = 0.12
            wait(CUTTING_SECONDS)
        proxy.share = 0.0
        log.info("%s commits cut: %s", proxy.n_cut, ledger.summary())

        assert proxy.n_cut > 0
        assert max(ledger.seconds_of_keys) < (10 if STRICT else 30)
        ledger.require_nothing_lost_or_doubled(place)

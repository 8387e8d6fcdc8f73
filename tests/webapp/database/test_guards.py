"""Checks that the database itself refuses what no program may do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.webapp.conftest import Database
from tests.webapp.world import World, make_world, stages_csv
from webapp.database.models import (
    Evaluation,
    EvaluationState,
    Submission,
    SubmissionState,
    Upload,
    UploadState,
)

SUBMISSION_ARROWS = {
    ("received", "validating"),
    ("received", "withdrawn"),
    ("validating", "accepted"),
    ("validating", "rejected"),
    ("validating", "quarantined"),
    ("validating", "received"),
    ("validating", "withdrawn"),
    ("accepted", "withdrawn"),
    ("received", "quarantined"),
    ("quarantined", "received"),
}
EVALUATION_ARROWS = {
    ("queued", "running"),
    ("running", "scored"),
    ("running", "failed"),
    ("running", "quarantined"),
    ("running", "queued"),
    ("queued", "quarantined"),
    ("quarantined", "queued"),
}
UPLOAD_ARROWS = {
    ("open", "complete"),
    ("open", "expired"),
    ("complete", "checking"),
    ("complete", "expired"),
    ("complete", "checked"),
    ("checking", "checked"),
    ("checking", "complete"),
    ("checked", "expired"),
}


RESULT_OF = {"scored": "result"}


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """Return a world with a scored submission."""
    world = make_world(database, tmp_path)
    world.submit(world.member(), stages_csv())
    world.work()
    return world


def new_upload(session: Session, state: str) -> int:
    row = Upload(
        public_id=f"upl_{state}",
        team_id=1,
        user_id=1,
        phase_id=1,
        filename="f",
        state=UploadState(state),
    )
    session.add(row)
    session.flush()
    return row.id


def new_submission(session: Session, state: str) -> int:
    row = Submission(
        public_id=f"sub_{state}",
        team_id=1,
        user_id=1,
        phase_id=1,
        filename="f",
        sha256="0" * 64,
        size=1,
        state=SubmissionState(state),
    )
    session.add(row)
    session.flush()
    return row.id


def new_evaluation(session: Session, state: str) -> int:
    row = Evaluation(
        submission_id=session.scalars(select(Submission.id)).first() or 0,
        scoring="another",
        truth_version="another",
        state=EvaluationState(state),
        result=RESULT_OF.get(state),
    )
    session.add(row)
    session.flush()
    return row.id


def update(connection: Connection, table: str, row_id: int, state: str) -> None:
    values = {"state": state, "id": row_id}
    assignments = "state = :state"
    if table == "evaluation":
        values["result"] = RESULT_OF.get(state)
        assignments += ", result = :result"
    connection.execute(text(f"UPDATE {table} SET {assignments} WHERE id = :id"), values)  # noqa: S608 - names of ours


def path_to(state: str, firsts: tuple[str, ...], arrows: set[tuple[str, str]]) -> list[str]:
    """Return the states on a shortest way from a first state."""
    paths = {first: [first] for first in firsts}
    while state not in paths:
        paths = {
            after: [*paths[before], after] for before, after in arrows if before in paths
        } | paths
    return paths[state]


@pytest.mark.parametrize(
    ("table", "make", "firsts", "states", "arrows"),
    [
        ("upload", new_upload, ("open", "complete"), UploadState, UPLOAD_ARROWS),
        (
            "submission",
            new_submission,
            ("received", "accepted"),
            SubmissionState,
            SUBMISSION_ARROWS,
        ),
        ("evaluation", new_evaluation, ("queued",), EvaluationState, EVALUATION_ARROWS),
    ],
)
def test_only_the_arrows_of_the_states_are_possible(
    world: World,
    table: str,
    make: Callable[[Session, str], int],
    firsts: tuple[str, ...],
    states: type[UploadState | SubmissionState | EvaluationState],
    arrows: set[tuple[str, str]],
) -> None:
    possible = set()
    for before in states:
        for after in states:
            if before == after:
                continue
            with world.sessions() as session:
                path = path_to(before, firsts, arrows)
                row_id = make(session, path[0])
                connection = session.connection()
                for state in path[1:]:
                    update(connection, table, row_id, state)
                try:
                    update(connection, table, row_id, after)
                    possible.add((str(before), str(after)))
                except DBAPIError:
                    pass
                session.rollback()

    assert possible == arrows


@pytest.mark.parametrize(
    ("make", "firsts", "states"),
    [
        (new_upload, {"open", "complete"}, UploadState),
        (new_submission, {"received", "accepted"}, SubmissionState),
        (new_evaluation, {"queued"}, EvaluationState),
    ],
)
def test_rows_begin_in_a_first_state(
    world: World,
    make: Callable[[Session, str], int],
    firsts: set[str],
    states: type[UploadState | SubmissionState | EvaluationState],
) -> None:
    possible = set()
    for state in states:
        with world.sessions() as session:
            try:
                make(session, state)
                possible.add(str(state))
            except DBAPIError:
                pass
            session.rollback()

    assert possible == firsts


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET kind = 'x'",
        "DELETE FROM event",
        "UPDATE quota_entry SET amount = 0",
        "DELETE FROM quota_entry",
        "DELETE FROM upload",
        "DELETE FROM submission",
        "DELETE FROM evaluation",
        "UPDATE evaluation SET score = 1.0",
        "UPDATE evaluation SET result = 'x'",
        "UPDATE evaluation SET truth_version = 'x'",
        "UPDATE evaluation SET attempt = 4",
        "UPDATE submission SET attempt = 4",
    ],
)
def test_what_is_for_good_cannot_be_changed(world: World, statement: str) -> None:
    with world.sessions() as session:
        new_upload(session, "open")
        session.commit()

    with pytest.raises(DBAPIError, match=r"append-only|immutable|never deleted|attempt"):
        world.execute(statement)


def test_a_submission_has_one_evaluation_a_pair(world: World) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        world.execute(
            "INSERT INTO evaluation"
            " (submission_id, scoring, truth_version, state, attempt, slides_done, created_at)"
            " SELECT submission_id, scoring, truth_version, 'queued', 0, 0, created_at"
            " FROM evaluation"
        )

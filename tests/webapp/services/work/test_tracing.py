from structlog.contextvars import bound_contextvars

from tests.webapp.world import World, stages_csv
from webapp.services.records.requests import current_request_id
from webapp.services.work.queue import WorkItem, WorkKind
from webapp.services.work.tracing import log_context


def test_work_is_named_by_its_submission_and_by_the_request_that_sent_it(world: World) -> None:
    with bound_contextvars(request="r-9"):
        public_id = world.submit(world.member(), stages_csv()).public_id
    (validate,) = world.waiting()
    outcome = world.run(validate)
    assert outcome is not None
    (evaluate,) = outcome.follow_up

    named = [log_context(world.sessions, item) for item in (validate, evaluate)]

    assert named == [
        {"kind": "validate", "submission": public_id, "request": "r-9"},
        {"kind": "evaluate", "submission": public_id, "request": "r-9"},
    ]


def test_work_that_no_request_brought_is_named_by_its_submission_alone(world: World) -> None:
    public_id = world.submit(world.member(), stages_csv()).public_id
    (validate,) = world.waiting()

    assert log_context(world.sessions, validate) == {"kind": "validate", "submission": public_id}


def test_statistics_and_forged_items_are_named_by_their_kind(world: World) -> None:
    assert log_context(world.sessions, WorkItem(WorkKind.RANK, 1)) == {"kind": "rank"}
    assert log_context(world.sessions, WorkItem(WorkKind.CHECK, 4711)) == {"kind": "check"}


def test_a_database_that_does_not_answer_costs_only_the_names(world: World) -> None:
    world.submit(world.member(), stages_csv())
    (validate,) = world.waiting()
    world.execute("ALTER TABLE submission RENAME TO elsewhere")

    assert log_context(world.sessions, validate) == {"kind": "validate"}


def test_the_current_request_is_what_is_bound_to_the_log() -> None:
    with bound_contextvars(request="r-10"):
        inside = current_request_id()

    assert (inside, current_request_id()) == ("r-10", None)

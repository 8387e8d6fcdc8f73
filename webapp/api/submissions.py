"""Serves GET and POST /submissions, GET /submissions/{id} and its events."""

from apiflask import APIBlueprint
from flask import url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from webapp.api import acceptance
from webapp.api.answers import RETRY_SECONDS, answer, json_of
from webapp.api.bearers import SECURITY_SCHEME, caller, require_reader, require_submitter
from webapp.api.queries import LIMIT_DEFAULT, LIMIT_MAX, Page, PageQuery, page_out_of
from webapp.api.schemas import AcceptedOut, EventsOut, SubmissionOut, SubmissionsOut
from webapp.http.hostile_text import LARGEST_ID
from webapp.http.identity import runtime
from webapp.http.limits import SUBMIT_LIMIT, asker, limiter
from webapp.http.workers import notify_workers
from webapp.services.submissions import submissions

bp = APIBlueprint("api_submissions", __name__, tag="Submissions")

PENDING_STATES = frozenset({"received", "validating", "queued", "running"})


class ListQuery(PageQuery):
    """Which submissions are listed."""

    phase: str | None = Field(default=None, description="Only of this phase.")


class EventQuery(BaseModel):
    """Which events are asked for."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(default=0, ge=0, le=LARGEST_ID, description="Only events after this id.")
    cursor: int = Field(
        default=0, ge=0, le=LARGEST_ID, description="`next_cursor` of the page before; as `after`."
    )
    limit: int = Field(default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX)


@bp.get("/submissions")
@bp.input(ListQuery, location="query")
@bp.output(SubmissionsOut)
@bp.doc(security=SECURITY_SCHEME)
@require_reader
def index(query_data: ListQuery) -> ResponseReturnValue:
    """List the team's submissions, the newest first; organisers get every team's."""
    with runtime().reading() as database:
        listed = submissions.list_part(
            database,
            submissions.Extent(query_data.start, query_data.limit),
            viewer=caller().viewer,
            phase_slug=query_data.phase,
        )
    return answer(
        SubmissionsOut.model_validate(page_out_of(listed.items, listed.total, query_data))
    )


@bp.post("/submissions")
@bp.output(AcceptedOut, status_code=202)
@bp.doc(
    security=SECURITY_SCHEME,
    responses=acceptance.REFUSAL_TEXTS,
)
@require_submitter
@limiter.limit(SUBMIT_LIMIT, key_func=asker)
def create() -> ResponseReturnValue:
    """Submit a file to a phase, or an upload by its id.

    Once this answers 202 the submission is safe. Send an `Idempotency-Key` to be able to repeat
    the request: the same key and content give the same submission and cost one attempt.
    """
    accepted = acceptance.accept(caller())
    notify_workers()
    location = url_for("api_submissions.show", public_id=accepted.public_id)
    response = json_of(AcceptedOut(id=accepted.public_id, location=location))
    response.headers["Location"] = location
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    if accepted.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    response.status_code = 202
    return response


@bp.get("/submissions/<public_id>")
@bp.output(SubmissionOut)
@bp.doc(security=SECURITY_SCHEME)
@require_reader
def show(public_id: str) -> ResponseReturnValue:
    """Get a submission; ask again after `Retry-After` seconds while it is under way."""
    with runtime().reading() as database:
        view = submissions.submission(database, public_id=public_id, viewer=caller().viewer)
    return answer(SubmissionOut.model_validate(view), is_pending=view.state in PENDING_STATES)


@bp.get("/submissions/<public_id>/events")
@bp.input(EventQuery, location="query")
@bp.output(EventsOut)
@bp.doc(security=SECURITY_SCHEME)
@require_reader
def events(public_id: str, query_data: EventQuery) -> ResponseReturnValue:
    """Get what happened to a submission, oldest first."""
    viewer = caller().viewer
    with runtime().reading() as database:
        view = submissions.submission(database, public_id=public_id, viewer=viewer)
        start = max(query_data.after, query_data.cursor)
        found = submissions.events(database, public_id=public_id, viewer=viewer, after=start)
    items = found[: query_data.limit]
    cursor = str(items[-1].id) if len(found) > len(items) else None
    page = EventsOut.model_validate(Page(items, cursor))
    return answer(page, is_pending=view.state in PENDING_STATES)

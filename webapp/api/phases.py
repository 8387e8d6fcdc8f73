"""Serves GET /phases, /phases/{slug} and /phases/{slug}/cases."""

from dataclasses import asdict

from apiflask import APIBlueprint
from flask.typing import ResponseReturnValue

from webapp.api.answers import answer
from webapp.api.bearers import caller
from webapp.api.queries import PageQuery, page_of
from webapp.api.schemas import CasesOut, PhaseOut, PhasesOut
from webapp.http.identity import runtime
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseView

bp = APIBlueprint("api_phases", __name__, tag="Phases")


@bp.get("/phases")
@bp.input(PageQuery, location="query")
@bp.output(PhasesOut)
def index(query_data: PageQuery) -> ResponseReturnValue:
    """List all phases."""
    caller()
    with runtime().reading() as database:
        listed = challenges.list_phases(database)
    page = page_of(listed, query_data)
    return answer(
        PhasesOut(items=[_phase(one) for one in page.items], next_cursor=page.next_cursor)
    )


@bp.get("/phases/<slug>")
@bp.output(PhaseOut)
def show(slug: str) -> ResponseReturnValue:
    """Get a phase."""
    caller()
    with runtime().reading() as database:
        phase = challenges.phase(database, slug)
    return answer(_phase(phase))


@bp.get("/phases/<slug>/cases")
@bp.output(CasesOut)
def cases(slug: str) -> ResponseReturnValue:
    """Get the public case list: slides with size where measured, patients with nodes."""
    caller()
    with runtime().reading() as database:
        body = challenges.case_list(database, slug)
    return answer(CasesOut.model_validate(body))


def _phase(view: PhaseView) -> PhaseOut:
    """Return a phase as it is shown at this moment, under the names of the API."""
    names = {"challenge": view.challenge_slug, "release": view.release_now}
    return PhaseOut.model_validate({**asdict(view), **names})

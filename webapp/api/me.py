"""Serves GET /me and /me/quota: who the caller is, and what their team has left."""

from apiflask import APIBlueprint
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from webapp.api.answers import answer
from webapp.api.bearers import SECURITY_SCHEME, Caller, caller, require_reader
from webapp.api.schemas import MeOut, QuotaOut
from webapp.errors import RefusalCode, Refused
from webapp.http.identity import runtime
from webapp.services.phases import challenges
from webapp.services.submissions import quotas
from webapp.services.submissions.quotas import QuotaView

bp = APIBlueprint("api_me", __name__, tag="Me")


class QuotaQuery(BaseModel):
    """Whose quota: the caller's team's, in one phase."""

    model_config = ConfigDict(extra="forbid")

    phase: str = Field(description="A phase's slug.")


@bp.get("/me")
@bp.output(MeOut)
@bp.doc(security=SECURITY_SCHEME)
@require_reader
def show() -> ResponseReturnValue:
    """Say who the caller is."""
    return answer(_me(caller()))


@bp.get("/me/quota")
@bp.input(QuotaQuery, location="query")
@bp.output(QuotaOut)
@bp.doc(
    security=SECURITY_SCHEME,
    responses={404: "There is no such phase", 409: "The caller is in no team"},
)
@require_reader
def quota(query_data: QuotaQuery) -> ResponseReturnValue:
    """Say how many submissions the caller's team has left in a phase."""
    team = caller().team
    if team is None:
        raise Refused(RefusalCode.NO_TEAM, "You are in no team yet.")
    with runtime().reading() as database:
        phase = challenges.phase(database, query_data.phase)
        found = quotas.quota(database, team_id=team.id, phase_id=phase.id)
    return answer(_quota(phase.slug, found))


def _me(who: Caller) -> MeOut:
    if who.user is None:
        raise Refused(RefusalCode.BAD_TOKEN, "An API token is needed.")
    return MeOut(
        name=who.user.name,
        email=who.user.email,
        is_organiser=who.user.is_organiser,
        team=None if who.team is None else who.team.name,
        team_id=None if who.team is None else who.team.public_id,
    )


def _quota(phase: str, found: QuotaView) -> QuotaOut:
    return QuotaOut(
        phase=phase,
        limit=found.limit,
        granted=found.granted,
        used=found.used,
        remaining=found.remaining,
        window_days=found.window_days,
        next_at=found.next_at,
    )

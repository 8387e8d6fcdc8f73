"""Serves the start page, and the page that explains error codes."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.http.identity import own_team, runtime
from webapp.http.refusals import REFUSAL_KINDS
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseView
from webapp.services.submissions import quotas
from webapp.services.submissions.quotas import QuotaView

bp = Blueprint("start", __name__)


@dataclass(frozen=True, slots=True)
class PhaseCard:
    """A phase, and the quota of the reader's team in it."""

    phase: PhaseView
    quota: QuotaView | None


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show all challenges and their phases."""
    team = own_team()
    with runtime().reading() as database:
        cards = [
            PhaseCard(
                phase,
                None
                if team is None
                else quotas.quota(database, team_id=team.id, phase_id=phase.id),
            )
            for phase in challenges.list_phases(database)
        ]
    return render_template("start.html", phases=cards)


@bp.get("/problems")
def problems() -> ResponseReturnValue:
    """Explain the codes that the API's problems point to."""
    return render_template("problems.html", kinds=REFUSAL_KINDS)

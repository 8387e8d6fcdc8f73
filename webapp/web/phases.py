"""Serves the page of a phase: what to submit, by which rules, until when."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.http.bodies import BYTES_A_MIB, max_file_bytes
from webapp.http.identity import own_team, runtime
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseView
from webapp.services.phases.score_basis import basis_of
from webapp.services.submissions import quotas
from webapp.services.submissions.quotas import QuotaView

bp = Blueprint("phases", __name__, url_prefix="/phases")


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Show everything that a team must know before it submits."""
    with runtime().reading() as database:
        phase = challenges.phase(database, slug)
        cases = challenges.case_list(database, slug)
        return render_template(
            "phase.html",
            phase=phase,
            basis=basis_of(database, phase, cases),
            example=example_names(phase, cases),
            max_mib=max_file_bytes(runtime().settings, phase) // BYTES_A_MIB,
            quota=_quota(database, phase),
        )


def example_names(phase: PhaseView, cases: dict[str, Any]) -> list[str]:
    """Return the first two slides or patients, for the example of a file."""
    if phase.kind == "staging":
        return [patient["patient"] for patient in cases["patients"][:2]]
    return [slide["slide"] for slide in cases["slides"] if phase.kind in slide["kinds"]][:2]


def _quota(database: Any, phase: PhaseView) -> QuotaView | None:
    team = own_team()
    if team is None:
        return None
    return quotas.quota(database, team_id=team.id, phase_id=phase.id)

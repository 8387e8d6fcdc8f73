"""Serves the leaderboard of a phase, as a page and as CSV."""

from datetime import UTC, datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from webapp.http.headers import conditional_answer
from webapp.http.identity import page_viewer, runtime, signed_in_user
from webapp.services.boards import leaderboard
from webapp.services.boards.leaderboard import Standings
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseView
from webapp.services.phases.score_basis import ScoreBasis, basis_of
from webapp.web.guards import redirect_to_sign_in
from webapp.web.rendering.board_csv import board_csv
from webapp.web.rendering.figures import forest_strips

bp = Blueprint("leaderboard", __name__, url_prefix="/phases/<slug>")


@bp.get("/leaderboard")
def show(slug: str) -> ResponseReturnValue:
    """Show the board; to people not signed in only if it is public."""
    with runtime().reading() as database:
        phase = challenges.phase(database, slug)
        if not phase.is_board_public and signed_in_user() is None:
            return redirect_to_sign_in()
        standings = leaderboard.standings(database, phase_slug=slug, viewer=page_viewer())
        basis = basis_of(database, phase, challenges.case_list(database, slug))
        phases = challenges.list_phases(database)
    return _page(standings, basis, phases)


@bp.get("/leaderboard.csv")
def csv(slug: str) -> ResponseReturnValue:
    """Return the same rows as a CSV file."""
    with runtime().reading() as database:
        phase = challenges.phase(database, slug)
        if not phase.is_board_public and signed_in_user() is None:
            return redirect_to_sign_in()
        standings = leaderboard.standings(database, phase_slug=slug, viewer=page_viewer())
    return conditional_answer(_attachment(standings), standings.version)


def _page(standings: Standings, basis: ScoreBasis, phases: list[PhaseView]) -> str:
    own = standings.phase.challenge_slug
    return render_template(
        "leaderboard.html",
        standings=standings,
        strips=forest_strips(standings.rows),
        basis=basis,
        siblings=[one for one in phases if one.challenge_slug == own],
        read_at=datetime.now(UTC),
    )


def _attachment(standings: Standings) -> Response:
    name = f"{standings.phase.slug}-leaderboard.csv"
    return Response(
        board_csv(standings),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )

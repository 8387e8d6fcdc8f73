"""Submissions of the own team: the list, one with its live status, withdraw, organisers' flags."""

from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from webapp.database.models import Role
from webapp.http.identity import own_team, page_viewer, runtime
from webapp.services.boards.leaderboard import LADDER_RULE
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseView
from webapp.services.release.allow_list import SubmissionView, decimals_for, is_on_ladder
from webapp.services.submissions import submissions
from webapp.web.guards import current_user, signed_in
from webapp.web.rendering.figures import result_plots
from webapp.web.rendering.pages import PAGE_SIZE, asked_page, existing_page, lines_before
from webapp.web.rendering.partials import is_already_shown, nothing_new, partial_response

bp = Blueprint("submissions", __name__, url_prefix="/submissions")

PENDING = frozenset({"received", "validating", "queued", "running"})


@dataclass(frozen=True, slots=True)
class ListedSubmission:
    """A line of the list: a submission, its phase's name, and how its score is written."""

    view: SubmissionView
    phase_name: str
    decimals: int


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """List the team's submissions, a page at a time; organisers see every team's."""
    number = asked_page()
    extent = submissions.Extent(lines_before(number), PAGE_SIZE)
    with runtime().reading() as database:
        listed = submissions.list_part(database, extent, viewer=page_viewer())
        phases = {phase.slug: phase for phase in challenges.list_phases(database)}
    lines = [
        ListedSubmission(view, phases[view.phase].name, _decimals(phases[view.phase]))
        for view in listed.items
    ]
    page = existing_page(number, listed.total)
    return render_template("submissions/index.html", submissions=lines, page=page)


@bp.get("/<public_id>")
@signed_in
def show(public_id: str) -> ResponseReturnValue:
    """Show one submission."""
    return _page("submissions/show.html", public_id)


@bp.get("/<public_id>/status")
@signed_in
def status(public_id: str) -> ResponseReturnValue:
    """Return only the part of the page that changes, until it no longer does."""
    return _page("submissions/status.html", public_id, is_part=True)


@bp.post("/<public_id>/withdraw")
@signed_in
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take a submission off the board."""
    with runtime().session() as database:
        submissions.withdraw(database, public_id=public_id, user_id=current_user().id)
    flash("The submission is withdrawn.", "ok")
    return redirect(url_for("submissions.show", public_id=public_id), code=303)


@bp.post("/<public_id>/flags")
@signed_in
def flag(public_id: str) -> ResponseReturnValue:
    """Set the organisers' marks."""
    with runtime().session() as database:
        submissions.set_flags(
            database,
            public_id=public_id,
            user_id=current_user().id,
            hidden="hidden" in request.form,
            baseline="baseline" in request.form,
            disqualified="disqualified" in request.form,
        )
    flash("Saved.", "ok")
    return redirect(url_for("submissions.show", public_id=public_id), code=303)


def _page(template: str, public_id: str, *, is_part: bool = False) -> Response:
    with runtime().reading() as database:
        view = submissions.submission(database, public_id=public_id, viewer=page_viewer())
        phase = challenges.phase(database, view.phase)
    is_pending = view.state in PENDING
    done = view.progress.done if view.progress else 0
    if is_part and is_pending and is_already_shown(seen=view.state, done=done):
        return nothing_new()
    body = render_template(
        template,
        submission=view,
        phase=phase,
        decimals=_decimals(phase),
        ladder_rule=LADDER_RULE if is_on_ladder(phase, page_viewer()) else "",
        is_pending=is_pending,
        done=done,
        is_news=is_part and not is_already_shown(seen=view.state),
        plots=result_plots(view),
        may_withdraw=_may_withdraw(view, phase),
    )
    return partial_response(body, is_pending=is_pending) if is_part else make_response(body)


def _decimals(phase: PhaseView) -> int:
    return decimals_for(phase, page_viewer()) or 0


def _may_withdraw(view: SubmissionView, phase: PhaseView) -> bool:
    team = own_team()
    is_captain = team is not None and team.role is Role.CAPTAIN and team.name == view.team
    is_over = view.state in {"withdrawn", "rejected", "quarantined"}
    return is_captain and not is_over and phase.state == "open"

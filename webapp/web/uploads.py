"""Serves the way from a file to a submission: send it, see its check, confirm it."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import RefusalCode, Refused
from webapp.http.bodies import BYTES_A_MIB, arrival_time, max_file_bytes, read_chunks, size_of
from webapp.http.identity import own_team, runtime
from webapp.http.limits import SUBMIT_LIMIT, asker, limiter
from webapp.http.refusals import refusal_kind
from webapp.http.workers import notify_workers
from webapp.services.phases import challenges
from webapp.services.phases.method_cards import MethodCard
from webapp.services.submissions import quotas, uploads
from webapp.services.submissions.uploads import UploadView
from webapp.web.guards import current_user, signed_in
from webapp.web.phases import example_names
from webapp.web.rendering.partials import is_already_shown, nothing_new, partial_response

bp = Blueprint("uploads", __name__)

PENDING_STATES = frozenset({"open", "complete", "checking"})


@bp.get("/phases/<slug>/submit")
@signed_in
def new(slug: str) -> ResponseReturnValue:
    """Show the form for a file."""
    return _form(slug, None)


@bp.post("/phases/<slug>/submit")
@signed_in
@limiter.limit(SUBMIT_LIMIT, key_func=asker)
def create(slug: str) -> ResponseReturnValue:
    """Receive a file, have it checked, and redirect to the page of the check."""
    try:
        upload = _receive(slug)
    except Refused as refusal:
        return _form(slug, refusal), refusal_kind(refusal.code).status
    notify_workers()
    return redirect(url_for("uploads.show", public_id=upload.public_id), code=303)


@bp.get("/uploads/<public_id>")
@signed_in
def show(public_id: str) -> ResponseReturnValue:
    """Show an upload and the state of its check."""
    return _page("uploads/show.html", public_id)


@bp.get("/uploads/<public_id>/check")
@signed_in
def check(public_id: str) -> ResponseReturnValue:
    """Return only the part of the page that changes until the check is done."""
    return _page("uploads/check.html", public_id, is_part=True)


@bp.post("/uploads/<public_id>/confirm")
@signed_in
def confirm(public_id: str) -> ResponseReturnValue:
    """Make a submission of a clean upload; confirming twice gives the same one."""
    card = MethodCard(
        method=request.form.get("method", ""),
        description=request.form.get("description", ""),
        link=request.form.get("link", ""),
    )
    try:
        with runtime().session() as database:
            made = uploads.confirm(
                database, public_id=public_id, user_id=current_user().id, card=card
            )
    except Refused as refusal:
        if refusal.code in {RefusalCode.NOT_FOUND, RefusalCode.NO_TEAM}:
            raise
        return _page("uploads/show.html", public_id, refusal), refusal_kind(refusal.code).status
    notify_workers()
    return redirect(url_for("submissions.show", public_id=made.id), code=303)


def _receive(slug: str) -> UploadView:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused(RefusalCode.INVALID_FIELD, "Choose a file first.", field="file")
    with runtime().session() as database:
        phase = challenges.phase(database, slug)
        return uploads.receive(
            database,
            runtime().storage,
            user_id=current_user().id,
            phase_slug=slug,
            filename=file.filename,
            chunks=read_chunks(file.stream),
            expected_bytes=size_of(file.stream),
            max_bytes=max_file_bytes(runtime().settings, phase),
            arrived_at=arrival_time(database),
        )


def _form(slug: str, refusal: Refused | None) -> str:
    team = own_team()
    with runtime().reading() as database:
        phase = challenges.phase(database, slug)
        cases = challenges.case_list(database, slug)
        quota = None
        if team is not None:
            quota = quotas.quota(database, team_id=team.id, phase_id=phase.id)
    return render_template(
        "uploads/new.html",
        phase=phase,
        example=example_names(phase, cases),
        quota=quota,
        refusal=refusal,
        max_mib=max_file_bytes(runtime().settings, phase) // BYTES_A_MIB,
    )


def _page(
    template: str, public_id: str, refusal: Refused | None = None, *, is_part: bool = False
) -> Response:
    with runtime().reading() as database:
        upload = uploads.upload(database, public_id=public_id, user_id=current_user().id)
        phase = challenges.phase(database, upload.phase_slug)
    is_pending = upload.state in PENDING_STATES and upload.submission is None
    if is_part and is_pending and is_already_shown(seen=upload.state):
        return nothing_new()
    body = render_template(
        template,
        upload=upload,
        phase=phase,
        is_pending=is_pending,
        is_news=is_part,
        attempt=upload.quota.used + 1,
        refusal=refusal,
        form=request.form,
    )
    return partial_response(body, is_pending=is_pending) if is_part else make_response(body)

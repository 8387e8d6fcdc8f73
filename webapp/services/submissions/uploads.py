"""Receives uploads, which a worker checks before their team decides to submit them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database.models import Phase, Submission, Upload, UploadState
from webapp.errors import RefusalCode, Refused
from webapp.services.people.teams import require_membership
from webapp.services.phases.method_cards import MethodCard, clean_card, clean_filename
from webapp.services.phases.window import require_open
from webapp.services.records.identifiers import new_public_id
from webapp.services.records.journal import EventSubject, record_change
from webapp.services.records.requests import current_request_id
from webapp.services.release.allow_list import SubmissionView, Viewer, released_report
from webapp.services.submissions import quotas
from webapp.services.submissions.admission import Admission, admit_checked, submission_of_upload
from webapp.services.submissions.quotas import QuotaView, quota
from webapp.services.submissions.rows import view_of_submission
from webapp.storage import BlobStore, StoredBlob


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload as its team sees it.

    ``duplicate_of`` is the team's submission of the same bytes to the same phase: confirming would
    cost another attempt for the same score.
    """

    public_id: str
    phase_slug: str
    filename: str
    size: int
    sha256: str
    state: UploadState
    report: dict[str, Any] | None
    created_at: datetime
    duplicate_of: str | None
    submission: str | None
    quota: QuotaView


def receive(  # noqa: PLR0913 - the parts of one request
    session: Session,
    storage: BlobStore,
    *,
    user_id: int,
    phase_slug: str,
    filename: str,
    chunks: Iterable[bytes],
    expected_bytes: int | None,
    max_bytes: int,
    arrived_at: datetime,
) -> UploadView:
    """Receive a file, which a worker checks next; it costs no attempt.

    ``arrived_at`` is when the request arrived, on the database's clock. It is the upload's time of
    creation, so one that was begun before the end of the phase is not late.
    """
    team_id = require_membership(session, user_id).team_id
    require_open(session, require_phase(session, phase_slug), arrived_at)
    quotas.require_few_failures(session, team_id)
    session.commit()  # no lock is held while the file arrives
    blob = store_file(storage, chunks, expected_bytes=expected_bytes, max_bytes=max_bytes)
    phase = require_phase(session, phase_slug)
    require_open(session, phase, arrived_at)
    upload = Upload(
        public_id=new_public_id("upl"),
        team_id=team_id,
        user_id=user_id,
        phase_id=phase.id,
        filename=clean_filename(filename),
        sha256=blob.sha256,
        size=blob.size,
        state=UploadState.COMPLETE,
        created_at=arrived_at,
        request_id=current_request_id(),
    )
    session.add(upload)
    session.flush()
    subject = EventSubject(upload_id=upload.id, team_id=team_id, phase_id=phase.id, user_id=user_id)
    record_change(session, "upload.state", subject, (None, UploadState.COMPLETE))
    session.commit()
    return _view(session, upload)


def upload(session: Session, *, public_id: str, user_id: int) -> UploadView:
    """Return an upload of the person's own team."""
    return _view(session, require_upload(session, public_id, user_id))


def confirm(session: Session, *, public_id: str, user_id: int, card: MethodCard) -> SubmissionView:
    """Make a submission of a clean upload: charged, accepted and queued in one transaction.

    A second confirm, even at the same moment, returns the same submission.
    """
    cleaned = clean_card(card)
    row = require_upload(session, public_id, user_id, for_update=True)
    submission = submission_of_upload(session, row.id)
    if submission is None:
        submission = confirm_row(session, row, user_id, cleaned)
    session.commit()
    viewer = Viewer(user_id=user_id, team_id=row.team_id)
    return view_of_submission(session, submission.public_id, viewer)


def confirm_row(session: Session, row: Upload, user_id: int, card: MethodCard) -> Submission:
    """Admit a locked upload that was checked clean; the caller commits."""
    phase = session.get_one(Phase, row.phase_id)
    quotas.lock_quota(session, row.team_id, row.phase_id)
    require_open(session, phase, row.created_at)
    _require_clean(row, phase)
    admission = Admission(
        phase=phase,
        team_id=row.team_id,
        user_id=user_id,
        filename=row.filename,
        sha256=row.sha256 or "",
        size=row.size or 0,
        card=card,
    )
    return admit_checked(session, admission, row)


def require_upload(
    session: Session, public_id: str, user_id: int, *, for_update: bool = False
) -> Upload:
    """Return the row of an upload of the person's own team; any other is `not_found`."""
    team_id = require_membership(session, user_id).team_id
    query = select(Upload).where(Upload.public_id == public_id, Upload.team_id == team_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise Refused(RefusalCode.NOT_FOUND, "There is no such upload.", field="upload")
    return row


def require_phase(session: Session, slug: str) -> Phase:
    """Return a phase's row; refuse if there is none."""
    row = session.scalar(select(Phase).where(Phase.slug == slug))
    if row is None:
        raise Refused(RefusalCode.UNKNOWN_PHASE, "There is no such phase.", field="phase")
    return row


def store_file(
    storage: BlobStore, chunks: Iterable[bytes], *, expected_bytes: int | None, max_bytes: int
) -> StoredBlob:
    """Store a file; refuse an empty one."""
    blob = storage.put(chunks, max_bytes=max_bytes, expected_bytes=expected_bytes)
    if blob.size == 0:
        raise Refused(RefusalCode.FILE_EMPTY, "The file is empty.", field="file")
    return blob


def _require_clean(row: Upload, phase: Phase) -> None:
    if row.state is UploadState.EXPIRED:
        raise Refused(RefusalCode.UPLOAD_EXPIRED, "This upload has expired; send it again.")
    if row.state is not UploadState.CHECKED or row.report is None:
        raise Refused(
            RefusalCode.UPLOAD_NOT_CHECKED,
            "This upload has not been checked yet.",
            retry_after_seconds=2,
        )
    if row.report.get("problems"):
        raise Refused(RefusalCode.UPLOAD_HAS_PROBLEMS, "The check found problems in this file.")
    if row.case_list_id != phase.case_list_id:
        raise Refused(
            RefusalCode.CASE_LIST_CHANGED,
            "The phase's case list has changed since the check; send the file again.",
        )


def _view(session: Session, row: Upload) -> UploadView:
    phase = session.get_one(Phase, row.phase_id)
    submission = submission_of_upload(session, row.id)
    return UploadView(
        public_id=row.public_id,
        phase_slug=phase.slug,
        filename=row.filename,
        size=row.size or 0,
        sha256=row.sha256 or "",
        state=row.state,
        report=released_report(row.report),
        created_at=row.created_at,
        duplicate_of=_duplicate_of(session, row, submission),
        submission=None if submission is None else submission.public_id,
        quota=quota(session, team_id=row.team_id, phase_id=row.phase_id),
    )


def _duplicate_of(session: Session, row: Upload, own: Submission | None) -> str | None:
    return session.scalar(
        select(Submission.public_id)
        .where(
            Submission.team_id == row.team_id,
            Submission.phase_id == row.phase_id,
            Submission.sha256 == row.sha256,
            Submission.id != (0 if own is None else own.id),
        )
        .order_by(Submission.id)
        .limit(1)
    )

"""Accepts submissions, which are safe once their row is committed, and lists them."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.database.commits import CommitUnknownError
from webapp.database.models import Phase, Submission, Upload, UploadState
from webapp.errors import RefusalCode, Refused
from webapp.services.people.teams import require_membership
from webapp.services.phases.method_cards import MethodCard, clean_card, clean_filename
from webapp.services.phases.window import require_open
from webapp.services.release.allow_list import SubmissionView, Viewer
from webapp.services.submissions import idempotency, quotas
from webapp.services.submissions.admission import Admission, admit_received, submission_of_upload
from webapp.services.submissions.decisions import choose_final, events, set_flags, withdraw
from webapp.services.submissions.idempotency import FinishedRequest, Reservation
from webapp.services.submissions.rows import (
    Extent,
    ListedPart,
    list_part,
    of_phase,
    view_of_submission,
    views_of_submissions,
)
from webapp.services.submissions.settling import make_submission
from webapp.services.submissions.uploads import (
    confirm_row,
    require_phase,
    require_upload,
    store_file,
)
from webapp.storage import BlobStore, StoredBlob

__all__ = [
    "AcceptRequest",
    "AcceptUploadRequest",
    "Accepted",
    "Extent",
    "ListedPart",
    "accept",
    "accept_upload",
    "choose_final",
    "events",
    "list_part",
    "list_submissions",
    "set_flags",
    "submission",
    "withdraw",
]

SessionFactory = Callable[[], Session]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AcceptRequest:
    """A file submitted with one call.

    ``arrived_at`` is when the request arrived, on the database's clock: a long upload that began
    before the end of the phase is not late.
    """

    user_id: int
    team_id: int
    phase_slug: str
    filename: str
    chunks: Iterable[bytes]
    expected_bytes: int | None
    max_bytes: int
    card: MethodCard
    idempotency_key: str | None
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptUploadRequest:
    """An upload submitted by its id."""

    user_id: int
    phase_slug: str
    upload: str
    card: MethodCard
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A committed submission; ``replayed`` if an earlier request made it."""

    public_id: str
    replayed: bool


def accept(session_factory: SessionFactory, storage: BlobStore, request: AcceptRequest) -> Accepted:
    """Make a file a submission: stored, synced, charged and committed on return.

    The same Idempotency-Key with the same content gives the same submission; with other content
    it is refused, and while the first request is running it is refused with the time to wait.
    A repeated request gets the first one's answer, even after the phase has closed. Nobody waits
    for the answer of a commit that is lost: the submission is looked for.
    """
    card = clean_card(request.card)
    _require_own_team(session_factory, request)
    reserved = _reserve(session_factory, request.team_id, request.idempotency_key)
    if isinstance(reserved, FinishedRequest):
        return _replay(reserved, _stored(storage, request, card)[1])
    with _working(session_factory, reserved):
        _require_acceptable(session_factory, request)
        blob, digest = _stored(storage, request, card)

        def admit(session: Session) -> Submission:
            row = _admit_file(session, request, card, blob)
            return _with_key(session, row, reserved, digest)

        return Accepted(make_submission(session_factory, admit), replayed=False)


def accept_upload(session_factory: SessionFactory, request: AcceptUploadRequest) -> Accepted:
    """Make an upload a submission: confirm it if it is checked, otherwise validate it next."""
    card = clean_card(request.card)
    with session_factory() as session:
        row = require_upload(session, request.upload, request.user_id)
        team_id, digest = row.team_id, _digest(request.phase_slug, row.sha256 or "", card)
    reserved = _reserve(session_factory, team_id, request.idempotency_key)
    if isinstance(reserved, FinishedRequest):
        return _replay(reserved, digest)
    with _working(session_factory, reserved):

        def admit(session: Session) -> Submission:
            row = _admit_upload(session, request, card)
            return _with_key(session, row, reserved, digest)

        return Accepted(make_submission(session_factory, admit), replayed=False)


def submission(session: Session, *, public_id: str, viewer: Viewer) -> SubmissionView:
    """Return a submission; another team's is `not_found`."""
    return view_of_submission(session, public_id, viewer)


def list_submissions(
    session: Session, *, viewer: Viewer, phase_slug: str | None = None
) -> list[SubmissionView]:
    """Return the submissions of the viewer's team (of all teams for organisers), newest first."""
    return views_of_submissions(session, of_phase(phase_slug), viewer)


def _require_own_team(session_factory: SessionFactory, request: AcceptRequest) -> None:
    with session_factory() as session:
        if require_membership(session, request.user_id).team_id != request.team_id:
            raise Refused(RefusalCode.FORBIDDEN, "This is not your team.")


def _require_acceptable(session_factory: SessionFactory, request: AcceptRequest) -> None:
    """Refuse a request, if possible, before its file of gigabytes is read."""
    with session_factory() as session:
        phase = require_phase(session, request.phase_slug)
        require_open(session, phase, request.arrived_at)
        quotas.require_few_failures(session, request.team_id)


def _reserve(
    session_factory: SessionFactory, team_id: int, key: str | None
) -> Reservation | FinishedRequest | None:
    if key is None:
        return None
    holder = idempotency.new_holder()
    try:
        with session_factory() as session:
            return idempotency.reserve(session, team_id, key, holder)
    except CommitUnknownError:
        with session_factory() as session:
            return idempotency.reserve(session, team_id, key, holder)


@contextmanager
def _working(session_factory: SessionFactory, reserved: Reservation | None) -> Iterator[None]:
    """Hold a key while its request works, and release it if that fails."""
    try:
        with idempotency.kept_alive(session_factory, reserved):
            yield
    except BaseException:
        if reserved is not None:
            _release(session_factory, reserved)
        raise


def _release(session_factory: SessionFactory, reserved: Reservation) -> None:
    """Release a key, or leave that to the end of its lease; the request's own error counts."""
    try:
        with session_factory() as session:
            idempotency.release(session, reserved)
    except SQLAlchemyError:
        log.info("a key is not released: the database does not answer")


def _stored(storage: BlobStore, request: AcceptRequest, card: MethodCard) -> tuple[StoredBlob, str]:
    """Store the file of a request, and return what tells the request from others."""
    blob = store_file(
        storage,
        request.chunks,
        expected_bytes=request.expected_bytes,
        max_bytes=request.max_bytes,
    )
    return blob, _digest(request.phase_slug, blob.sha256, card)


def _digest(phase_slug: str, sha256: str, card: MethodCard) -> str:
    return idempotency.digest_of(
        {
            "phase": phase_slug,
            "sha256": sha256,
            "method": card.method,
            "description": card.description,
            "link": card.link,
        }
    )


def _replay(finished: FinishedRequest, digest: str) -> Accepted:
    if finished.content_digest != digest:
        raise Refused(
            RefusalCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key belongs to a submission with other content.",
        )
    return Accepted(finished.submission_public_id, replayed=True)


def _admit_file(
    session: Session, request: AcceptRequest, card: MethodCard, blob: StoredBlob
) -> Submission:
    phase = require_phase(session, request.phase_slug)
    quotas.lock_quota(session, request.team_id, phase.id)
    require_open(session, phase, request.arrived_at)
    admission = Admission(
        phase=phase,
        team_id=request.team_id,
        user_id=request.user_id,
        filename=clean_filename(request.filename),
        sha256=blob.sha256,
        size=blob.size,
        card=card,
    )
    return admit_received(session, admission)


def _admit_upload(session: Session, request: AcceptUploadRequest, card: MethodCard) -> Submission:
    upload = require_upload(session, request.upload, request.user_id, for_update=True)
    phase = session.get_one(Phase, upload.phase_id)
    if phase.slug != request.phase_slug:
        raise Refused(RefusalCode.INVALID_FIELD, "This upload is for another phase.", field="phase")
    if submission_of_upload(session, upload.id) is not None:
        raise Refused(RefusalCode.UPLOAD_ALREADY_CONFIRMED, "This upload is a submission already.")
    if upload.state in {UploadState.CHECKED, UploadState.EXPIRED}:
        return confirm_row(session, upload, request.user_id, card)
    return _admit_unchecked(session, upload, phase, request, card)


def _admit_unchecked(
    session: Session, upload: Upload, phase: Phase, request: AcceptUploadRequest, card: MethodCard
) -> Submission:
    if upload.sha256 is None or upload.size is None:
        raise Refused(RefusalCode.INCOMPLETE_UPLOAD, "This upload is not complete.")
    quotas.lock_quota(session, upload.team_id, phase.id)
    require_open(session, phase, upload.created_at)
    admission = Admission(
        phase=phase,
        team_id=upload.team_id,
        user_id=request.user_id,
        filename=upload.filename,
        sha256=upload.sha256,
        size=upload.size,
        card=card,
    )
    row = admit_received(session, admission)
    row.upload_id = upload.id
    return row


def _with_key(
    session: Session, row: Submission, reservation: Reservation | None, digest: str
) -> Submission:
    """Store the submission of a key, in the transaction that makes it."""
    if reservation is not None:
        idempotency.finish(session, reservation, digest, row)
    return row

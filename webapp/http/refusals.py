"""Gives every refusal code its HTTP status and its short title."""

from dataclasses import dataclass
from http import HTTPStatus

from webapp.errors import RefusalCode


@dataclass(frozen=True, slots=True)
class RefusalKind:
    """How a refusal is answered over HTTP."""

    status: HTTPStatus
    title: str


def refusal_kind(code: RefusalCode) -> RefusalKind:
    """Return the status and title of a code."""
    return REFUSAL_KINDS[code]


REFUSAL_KINDS: dict[RefusalCode, RefusalKind] = {
    code: RefusalKind(HTTPStatus(status), title)
    for code, status, title in (
        (RefusalCode.ALREADY_FINAL, 409, "This can no longer be changed"),
        (RefusalCode.ALREADY_IN_TEAM, 409, "You are in a team already"),
        (RefusalCode.BAD_JOIN_CODE, 422, "Unknown join code"),
        (RefusalCode.BAD_TOKEN, 401, "The API token is not valid"),
        (RefusalCode.CASE_LIST_CHANGED, 409, "The case list has changed since the check"),
        (RefusalCode.EMAIL_INVALID, 422, "Not an e-mail address"),
        (RefusalCode.EMAIL_TAKEN, 409, "The e-mail address is in use"),
        (RefusalCode.FILE_EMPTY, 422, "The file is empty"),
        (RefusalCode.FILE_TOO_LARGE, 413, "The file is too large"),
        (RefusalCode.FORBIDDEN, 403, "Not allowed"),
        (RefusalCode.IDEMPOTENCY_KEY_REUSED, 422, "The Idempotency-Key was used for other content"),
        (RefusalCode.IDEMPOTENCY_KEY_RUNNING, 409, "The same request is still running"),
        (RefusalCode.INCOMPLETE_UPLOAD, 400, "Not all of the file arrived"),
        (RefusalCode.INVALID_FIELD, 422, "A field is not valid"),
        (RefusalCode.NOT_FOUND, 404, "Not found"),
        (RefusalCode.NO_TEAM, 409, "You need a team"),
        (RefusalCode.PASSWORD_TOO_COMMON, 422, "The password is too common"),
        (RefusalCode.PASSWORD_TOO_LONG, 422, "The password is too long"),
        (RefusalCode.PASSWORD_TOO_SHORT, 422, "The password is too short"),
        (RefusalCode.PHASE_CLOSED, 409, "The phase is closed"),
        (RefusalCode.PHASE_NOT_OPEN, 409, "The phase is not open yet"),
        (RefusalCode.QUOTA_EXHAUSTED, 429, "No submissions left"),
        (RefusalCode.SIGN_IN_REQUIRED, 401, "Please sign in"),
        (RefusalCode.STORAGE_FULL, 507, "The server has no room for the file"),
        (RefusalCode.TEAM_HAS_ATTEMPTS, 409, "The team has submissions in an open phase"),
        (RefusalCode.TEAM_NAME_INVALID, 422, "Not a team name"),
        (RefusalCode.TEAM_NAME_TAKEN, 409, "The team name is in use"),
        (RefusalCode.TOO_MANY_FAILURES, 429, "Too many failed submissions"),
        (RefusalCode.UNKNOWN_PHASE, 404, "There is no such phase"),
        (RefusalCode.UPLOAD_ALREADY_CONFIRMED, 409, "The upload was confirmed already"),
        (RefusalCode.UPLOAD_EXPIRED, 409, "The upload has expired"),
        (RefusalCode.UPLOAD_HAS_PROBLEMS, 409, "The upload has problems"),
        (RefusalCode.UPLOAD_NOT_CHECKED, 409, "The upload has not been checked yet"),
        (RefusalCode.WRONG_STATE, 409, "Not possible in this state"),
    )
}

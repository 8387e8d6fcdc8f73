"""Names every reason for a refusal, as a code and in plain words."""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Stable codes of refusals; pages and API map each to a status and a title."""

    ALREADY_FINAL = "already_final"
    ALREADY_IN_TEAM = "already_in_team"
    BAD_JOIN_CODE = "bad_join_code"
    BAD_TOKEN = "bad_token"  # noqa: S105 - a code, not a secret
    CASE_LIST_CHANGED = "case_list_changed"
    EMAIL_INVALID = "email_invalid"
    EMAIL_TAKEN = "email_taken"
    FILE_EMPTY = "file_empty"
    FILE_TOO_LARGE = "file_too_large"
    FORBIDDEN = "forbidden"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    IDEMPOTENCY_KEY_RUNNING = "idempotency_key_running"
    INCOMPLETE_UPLOAD = "incomplete_upload"
    INVALID_FIELD = "invalid_field"
    NOT_FOUND = "not_found"
    NO_TEAM = "no_team"
    PASSWORD_TOO_COMMON = "password_too_common"  # noqa: S105 - a code, not a secret
    PASSWORD_TOO_LONG = "password_too_long"  # noqa: S105 - a code, not a secret
    PASSWORD_TOO_SHORT = "password_too_short"  # noqa: S105 - a code, not a secret
    PHASE_CLOSED = "phase_closed"
    PHASE_NOT_OPEN = "phase_not_open"
    QUOTA_EXHAUSTED = "quota_exhausted"
    SIGN_IN_REQUIRED = "sign_in_required"
    STORAGE_FULL = "storage_full"
    TEAM_HAS_ATTEMPTS = "team_has_attempts"
    TEAM_NAME_INVALID = "team_name_invalid"
    TEAM_NAME_TAKEN = "team_name_taken"
    TOO_MANY_FAILURES = "too_many_failures"
    UNKNOWN_PHASE = "unknown_phase"
    UPLOAD_ALREADY_CONFIRMED = "upload_already_confirmed"
    UPLOAD_EXPIRED = "upload_expired"
    UPLOAD_HAS_PROBLEMS = "upload_has_problems"
    UPLOAD_NOT_CHECKED = "upload_not_checked"
    WRONG_STATE = "wrong_state"


class Refused(Exception):  # noqa: N818 - an answer to a person, not an error of ours
    """A service refuses a request and has kept nothing of it.

    Parameters
    ----------
    code : RefusalCode
        The code that programs react to.
    detail : str
        The text that people read: plain words, nothing of a hidden truth, no exception text.
    field : str or None
        The form field at fault.
    retry_after_seconds : int or None
        When repeating the request can help.
    extra : dict
        Further numbers for the answer, such as the quota's.
    """

    def __init__(
        self,
        code: RefusalCode,
        detail: str,
        *,
        field: str | None = None,
        retry_after_seconds: int | None = None,
        extra: dict[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.field = field
        self.retry_after_seconds = retry_after_seconds
        self.extra: dict[str, object] = {} if extra is None else extra

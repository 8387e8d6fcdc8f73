"""Reads the two forms of POST /submissions and hands them to the service."""

import re
from collections import Counter
from http import HTTPStatus
from typing import Annotated

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from webapp.api.bearers import Caller
from webapp.errors import RefusalCode, Refused
from webapp.http.bodies import (
    FORM_OVERHEAD_BYTES,
    arrival_time,
    json_body,
    max_any_file_bytes,
    max_file_bytes,
    read_chunks,
    size_of,
)
from webapp.http.identity import runtime
from webapp.http.problems import ErrorItem, InvalidRequestError
from webapp.http.refusals import refusal_kind
from webapp.services.phases import challenges
from webapp.services.phases.method_cards import (
    DESCRIPTION_LENGTH,
    LINK_LENGTH,
    METHOD_LENGTH,
    MethodCard,
)
from webapp.services.submissions import submissions
from webapp.services.submissions.submissions import Accepted, AcceptRequest, AcceptUploadRequest

KEY_HEADER = "Idempotency-Key"
MULTIPART_TYPE = "multipart/form-data"
JSON_TYPE = "application/json"
NOT_AN_OBJECT_TEXT = "The body is not a JSON object"
FORM_FIELDS = frozenset({"phase", "method", "description", "link"})

REFUSAL_TEXTS: dict[int, str] = {
    400: "The request could not be read, or the body broke off",
    401: "No valid API token",
    403: "The token lacks the scope `submit`",
    404: "There is no such phase or upload",
    409: "No team, phase not open, upload not checked, or the same request is still running",
    411: "The body has no Content-Length",
    413: "The file is too large",
    415: "Neither multipart/form-data nor application/json",
    422: "A field is not valid, or the Idempotency-Key was used for other content",
    429: "No submissions left (`quota_exhausted`), or too many requests",
    507: "The server has no room for the file",
}
"""Text of each status of a refusal, for the API's description."""


Identifier = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class SubmissionForm(BaseModel):
    """The JSON form: an upload by its id, and the method card."""

    model_config = ConfigDict(extra="forbid", strict=True)

    phase: Identifier
    upload: Identifier
    method: str = Field(default="", max_length=METHOD_LENGTH)
    description: str = Field(default="", max_length=DESCRIPTION_LENGTH)
    link: str = Field(default="", max_length=LINK_LENGTH, description="https:// or http://")


def accept(caller: Caller) -> Accepted:
    """Make the current request a submission; return after it has been committed."""
    if request.mimetype == JSON_TYPE:
        return _accept_upload(caller)
    if request.mimetype == MULTIPART_TYPE:
        return _accept_file(caller)
    raise UnsupportedMediaType(f"Send {MULTIPART_TYPE} or {JSON_TYPE}.")


def _accept_file(caller: Caller) -> Accepted:
    user_id, team_id = _user_and_team_ids(caller)
    settings = runtime().settings
    request.max_content_length = max_any_file_bytes(settings) + FORM_OVERHEAD_BYTES
    _refuse_other_fields()
    file = _file()
    with runtime().reading() as database:
        phase = challenges.phase(database, _required("phase"))
        arrived_at = arrival_time(database)
    return submissions.accept(
        runtime().sessions,
        runtime().storage,
        AcceptRequest(
            user_id=user_id,
            team_id=team_id,
            phase_slug=phase.slug,
            filename=file.filename or "",
            chunks=read_chunks(file.stream),
            expected_bytes=size_of(file.stream),
            max_bytes=max_file_bytes(settings, phase),
            card=_card(),
            idempotency_key=_idempotency_key(),
            arrived_at=arrived_at,
        ),
    )


def _accept_upload(caller: Caller) -> Accepted:
    user_id, _ = _user_and_team_ids(caller)
    form = _submission_form()
    card = MethodCard(method=form.method, description=form.description, link=form.link)
    return submissions.accept_upload(
        runtime().sessions,
        AcceptUploadRequest(user_id, form.phase, form.upload, card, _idempotency_key()),
    )


def _submission_form() -> SubmissionForm:
    try:
        return SubmissionForm.model_validate(json_body())
    except ValidationError as error:
        items = tuple(
            ErrorItem(
                RefusalCode.INVALID_FIELD,
                NOT_AN_OBJECT_TEXT if fault["type"] == "model_type" else fault["msg"],
                pointer="".join(f"/{place}" for place in fault["loc"]),
            )
            for fault in error.errors(include_url=False, include_input=False)
        )
        title = refusal_kind(RefusalCode.INVALID_FIELD).title
        raise InvalidRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, title, items) from error


def _user_and_team_ids(caller: Caller) -> tuple[int, int]:
    if caller.user is None:
        raise Refused(RefusalCode.BAD_TOKEN, "An API token is needed.")
    if caller.team is None:
        raise Refused(RefusalCode.NO_TEAM, "Start or join a team first.")
    return caller.user.id, caller.team.id


def _refuse_other_fields() -> None:
    unknown = sorted((set(request.form) - FORM_FIELDS) | (set(request.files) - {"file"}))
    if unknown:
        raise Refused(
            RefusalCode.INVALID_FIELD, f"There is no field {unknown[0]!r}.", field=unknown[0]
        )
    names = [name for name, _ in request.form.items(multi=True)]
    names += [name for name, _ in request.files.items(multi=True)]
    for name, count in Counter(names).items():
        if count > 1:
            raise Refused(
                RefusalCode.INVALID_FIELD, f"The field `{name}` is there twice.", field=name
            )


def _file() -> FileStorage:
    file = request.files.get("file")
    if file is None:
        raise Refused(RefusalCode.INVALID_FIELD, "The field `file` is missing.", field="file")
    return file


def _required(name: str) -> str:
    value = request.form.get(name, "")
    if not value:
        raise Refused(RefusalCode.INVALID_FIELD, f"The field `{name}` is missing.", field=name)
    return value


def _card() -> MethodCard:
    return MethodCard(
        method=request.form.get("method", ""),
        description=request.form.get("description", ""),
        link=request.form.get("link", ""),
    )


def _idempotency_key() -> str | None:
    """Return the key, without the quotes of a structured-field string, which the draft asks for."""
    key = request.headers.get(KEY_HEADER)
    quoted = None if key is None else re.fullmatch(r'"(.*)"', key)
    return key if quoted is None else quoted.group(1)

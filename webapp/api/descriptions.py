"""Adds to the API's description what views cannot declare: errors, headers, 304, bodies."""

from typing import Any

from webapp.api.acceptance import KEY_HEADER, SubmissionForm
from webapp.api.bearers import SECURITY_SCHEME
from webapp.api.schemas import ProblemOut
from webapp.http.problems import MEDIA_TYPE

Json = dict[str, Any]

SCHEMAS = "#/components/schemas/"
_HEADERS = "#/components/headers/"
_ERROR_TEXTS = {
    "400": "A query parameter is unknown or not valid, or the request could not be read",
    "401": "A token is needed, or the one that was sent is unknown, expired or revoked",
    "403": "The token lacks the scope",
    "503": "The database does not answer at the moment",
    "default": "Any other error",
}
_STATUSES_WITH_RETRY = frozenset({"409", "429", "503"})
_HEADER_TEXTS = {
    "ETag": "The answer's version, strong; send it back as If-None-Match",
    "Idempotency-Replayed": "true when an earlier request with this key made the submission",
    "Location": "Where the submission's state is told",
    "RateLimit-Limit": "Requests that the window allows",
    "RateLimit-Remaining": "Requests left in the window",
    "RateLimit-Reset": "Seconds until the window has room again",
    "Retry-After": "Seconds after which asking again can help",
}
_ACCEPTED_HEADERS = tuple(name for name in _HEADER_TEXTS if name != "ETag")


def describe(body: Json) -> None:
    """Complete a generated OpenAPI document in place."""
    components: Json = body["components"]
    _replace_error_schemas(components["schemas"])
    components["securitySchemes"] = {SECURITY_SCHEME: {"type": "http", "scheme": "bearer"}}
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in _HEADER_TEXTS.items()
    }
    for operations in body["paths"].values():
        for method, operation in operations.items():
            _describe_errors(operation)
            if method == "get":
                _describe_reading(operation)
    _describe_submitting(body)


def _describe_errors(operation: Json) -> None:
    """Describe an operation's errors as problem details; a bad query is 400."""
    operation.setdefault("security", [{}, {SECURITY_SCHEME: []}])
    responses: Json = operation["responses"]
    if "requestBody" not in operation and operation.get("parameters"):
        responses.pop("422", None)  # the generator adds it to every checked query
    for status, text in _ERROR_TEXTS.items():
        responses.setdefault(status, {"description": text})
    for status, response in responses.items():
        if status.startswith("2"):
            continue
        response["content"] = {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}ProblemOut"}}}
        if status in _STATUSES_WITH_RETRY:
            response["headers"] = _headers("Retry-After")


def _describe_reading(operation: Json) -> None:
    """Describe ETag, If-None-Match and the answer 304."""
    text = {"type": "string"}
    condition = {"name": "If-None-Match", "in": "header", "required": False, "schema": text}
    operation.setdefault("parameters", []).append(condition)
    operation["responses"]["200"]["headers"] = _headers("ETag", "Retry-After")
    operation["responses"]["304"] = {
        "description": "Not changed since the version in If-None-Match",
        "headers": _headers("ETag", "Retry-After"),
    }


def _describe_submitting(body: Json) -> None:
    """Add the two forms of POST /submissions, which its view reads by hand."""
    operation = body["paths"]["/api/v1/submissions"]["post"]
    body["components"]["schemas"]["SubmissionForm"] = SubmissionForm.model_json_schema()
    text = {"type": "string"}
    form: Json = body["components"]["schemas"]["SubmissionForm"]["properties"]
    fields = {name: form[name] for name in ("phase", "method", "description", "link")}
    multipart = {
        "type": "object",
        "required": ["phase", "file"],
        "properties": {**fields, "file": {**text, "format": "binary"}},
        "additionalProperties": False,
    }
    operation["requestBody"] = {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": multipart},
            "application/json": {"schema": {"$ref": f"{SCHEMAS}SubmissionForm"}},
        },
    }
    operation["parameters"] = [
        {
            "name": KEY_HEADER,
            "in": "header",
            "required": False,
            "description": "Names the request, so that repeating it is harmless",
            "schema": {**text, "minLength": 1, "maxLength": 200},
        }
    ]
    operation["responses"]["202"]["headers"] = _headers(*_ACCEPTED_HEADERS)


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"{_HEADERS}{name}"} for name in names}


def _replace_error_schemas(schemas: Json) -> None:
    """Replace the generator's two error schemas by problem details."""
    for generated in ("HTTPError", "ValidationError"):
        schemas.pop(generated, None)
    problem = ProblemOut.model_json_schema(ref_template=SCHEMAS + "{model}")
    nested: Json = problem.pop("$defs")
    schemas.update({**nested, "ProblemOut": problem})

"""GET /openapi.json: the description that the code itself generates."""

import copy
from http import HTTPStatus
from typing import Any, cast

from apiflask import APIBlueprint, APIFlask
from flask import current_app, jsonify
from flask.typing import ResponseReturnValue

from webapp.api.acceptance import KEY_HEADER, SubmissionForm
from webapp.api.bearers import SECURITY
from webapp.api.schemas import ProblemOut
from webapp.http.conditional import conditional
from webapp.http.problems import MEDIA_TYPE

bp = APIBlueprint("api_documents", __name__, tag="Documents")

Json = dict[str, Any]
_PREFIX = "#/components/schemas/"


@bp.get("/openapi.json")
@bp.doc(responses={200: "The OpenAPI 3.1 document"})
def openapi() -> ResponseReturnValue:
    """Get this description."""
    return conditional(jsonify(document(cast("APIFlask", current_app))))


def document(app: APIFlask) -> Json:
    """Return the OpenAPI document of an application."""
    body = merge_nested(copy.deepcopy(cast("Json", app.spec)))
    body["components"]["securitySchemes"] = {SECURITY: {"type": "http", "scheme": "bearer"}}
    body["paths"] = {
        path: operations
        for path, operations in body["paths"].items()
        if path.startswith("/api/v1/")
    }
    _describe_bodies(body)
    _describe_errors(body)
    return body


def merge_nested(body: Json) -> Json:
    """Name each nested schema once.

    The generator registers the models inside a model under ``Outer.Inner``, once for every outer
    one; they are one model, so the copies become ``Inner`` and the references follow.
    """
    schemas: Json = body["components"]["schemas"]
    renamed = {name: name.rpartition(".")[2] for name in schemas}
    merged: Json = {}
    for name in sorted(schemas, key=lambda name: "." in name):
        merged.setdefault(renamed[name], schemas[name])
    body["components"]["schemas"] = dict(sorted(merged.items()))
    return cast("Json", _with_references(body, renamed))


def _with_references(node: object, renamed: dict[str, str]) -> object:
    if isinstance(node, list):
        return [_with_references(item, renamed) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _PREFIX + renamed.get(value.removeprefix(_PREFIX), value.removeprefix(_PREFIX))
        if key == "$ref" and isinstance(value, str)
        else _with_references(value, renamed)
        for key, value in node.items()
    }


def _describe_bodies(body: Json) -> None:
    """Add the two forms of POST /submissions, which its view reads by hand."""
    operation = body["paths"]["/api/v1/submissions"]["post"]
    body["components"]["schemas"]["SubmissionForm"] = SubmissionForm.model_json_schema()
    text = {"type": "string"}
    file = {"type": "string", "format": "binary"}
    names = ("phase", "method", "description", "link")
    multipart = {
        "type": "object",
        "required": ["phase", "file"],
        "properties": {**dict.fromkeys(names, text), "file": file},
    }
    operation["requestBody"] = {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": multipart},
            "application/json": {"schema": {"$ref": f"{_PREFIX}SubmissionForm"}},
        },
    }
    operation["parameters"] = [
        {"name": KEY_HEADER, "in": "header", "required": False, "schema": text}
    ]


def _describe_errors(body: Json) -> None:
    """Say of every operation that its errors are problem details."""
    schemas: Json = body["components"]["schemas"]
    for generated in ("HTTPError", "ValidationError"):
        schemas.pop(generated, None)
    schemas.update(_problem_schemas())
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{_PREFIX}ProblemOut"}}}
    for operations in body["paths"].values():
        for operation in operations.values():
            responses: Json = operation["responses"]
            responses.setdefault("default", {"description": "Any other error"})
            for status, response in responses.items():
                if status == "default" or int(status) >= HTTPStatus.BAD_REQUEST:
                    response["content"] = content


def _problem_schemas() -> Json:
    problem = ProblemOut.model_json_schema(ref_template=_PREFIX + "{model}")
    nested: Json = problem.pop("$defs")
    return {**nested, "ProblemOut": problem}

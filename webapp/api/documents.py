"""Serves GET /openapi.json: the description that the code itself generates."""

import copy
from functools import lru_cache
from typing import cast

from apiflask import APIBlueprint, APIFlask
from flask import current_app, jsonify
from flask.typing import ResponseReturnValue

from webapp.api.descriptions import SCHEMAS, Json, describe
from webapp.http.headers import conditional_answer

bp = APIBlueprint("api_documents", __name__, tag="Documents")


@bp.get("/openapi.json")
@bp.doc(responses={200: "The OpenAPI 3.1 document"})
def openapi() -> ResponseReturnValue:
    """Get this description."""
    return conditional_answer(jsonify(document(cast("APIFlask", current_app))))


@lru_cache(maxsize=1)
def document(app: APIFlask) -> Json:
    """Return the OpenAPI document of an application; made once, since it takes 0.1 s."""
    body = merge_nested(copy.deepcopy(cast("Json", app.spec)))
    body["paths"] = {
        path: operations
        for path, operations in body["paths"].items()
        if path.startswith("/api/v1/")
    }
    describe(body)
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
        key: SCHEMAS + renamed.get(value.removeprefix(SCHEMAS), value.removeprefix(SCHEMAS))
        if key == "$ref" and isinstance(value, str)
        else _with_references(value, renamed)
        for key, value in node.items()
    }

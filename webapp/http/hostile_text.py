"""Refuses text and numbers that no database stores, and bodies that are not forms."""

from typing import IO, Any

from flask import Request, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.formparser import FormDataParser

NUL = "\0"
LARGEST_ID = 2**31 - 1
"""Largest id that the database holds; a larger number in an address names nothing."""

ParsedForm = tuple[IO[bytes], MultiDict[str, Any], MultiDict[str, Any]]


class FormParser(FormDataParser):
    """Reads forms; refuses a malformed one, which the framework would read as empty."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> ParsedForm:
        """Return the rest of the stream, the fields and the files."""
        self.silent = False
        try:
            rest, fields, files = super().parse(stream, mimetype, content_length, options)
        except ValueError as error:
            raise BadRequest("The body is not the form that its Content-Type says.") from error
        _refuse_nul(fields)
        return rest, fields, files


class StrictRequest(Request):
    """A request whose forms are read by `FormParser`."""

    form_data_parser_class = FormParser


def refuse_hostile_address() -> None:
    """Refuse NUL, which PostgreSQL does not store, and numbers that are too large for ids."""
    numbers = [value for value in (request.view_args or {}).values() if isinstance(value, int)]
    if NUL in request.path or any(number > LARGEST_ID for number in numbers):
        raise NotFound
    _refuse_nul(request.args)


def _refuse_nul(fields: MultiDict[str, str]) -> None:
    if any(NUL in value for _, value in fields.items(multi=True)):
        raise BadRequest("There is a NUL character in a field.")

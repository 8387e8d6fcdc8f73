"""Refuses what no database keeps and no form holds, before a view or a service meets it."""

from typing import IO, Any

from flask import Request, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.formparser import FormDataParser

NUL = "\0"
LARGEST_ID = 2**31 - 1
"""What the database's ids hold; a larger number in an address names nothing."""

ParsedForm = tuple[IO[bytes], MultiDict[str, Any], MultiDict[str, Any]]


class FormParser(FormDataParser):
    """Reads forms; what is none is an error, where the framework would give an empty form."""

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
    """Refuse NUL, which PostgreSQL does not store, and numbers that are no ids."""
    numbers = [value for value in (request.view_args or {}).values() if isinstance(value, int)]
    if NUL in request.path or any(number > LARGEST_ID for number in numbers):
        raise NotFound
    _refuse_nul(request.args)


def _refuse_nul(fields: MultiDict[str, str]) -> None:
    if any(NUL in value for _, value in fields.items(multi=True)):
        raise BadRequest("There is a NUL character in a field.")

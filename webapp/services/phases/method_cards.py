"""Cleans what a team writes about its method, and other text of people."""

import unicodedata
from dataclasses import dataclass

from webapp.errors import RefusalCode, Refused

METHOD_LENGTH = 120
DESCRIPTION_LENGTH = 5000
LINK_LENGTH = 500
FILENAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class MethodCard:
    """A method's name, description and link; each can be empty."""

    method: str = ""
    description: str = ""
    link: str = ""


def clean_card(card: MethodCard) -> MethodCard:
    """Trim a card; refuse text that is too long or unprintable, and a link that is no web link."""
    return MethodCard(
        method=clean_text(card.method, "method", METHOD_LENGTH),
        description=clean_text(card.description, "description", DESCRIPTION_LENGTH, lines=True),
        link=_clean_link(card.link),
    )


def clean_text(text: str, field: str, length: int, *, lines: bool = False) -> str:
    """Trim a text, normalise it (NFC) and refuse control and formatting characters."""
    cleaned = unicodedata.normalize("NFC", text.replace("\r\n", "\n").strip())
    if len(cleaned) > length:
        raise Refused(
            RefusalCode.INVALID_FIELD, f"At most {length} characters, please.", field=field
        )
    allowed = "\n\t" if lines else ""
    if any(is_unprintable(character) and character not in allowed for character in cleaned):
        raise Refused(
            RefusalCode.INVALID_FIELD, "There is an unprintable character in it.", field=field
        )
    return cleaned


def clean_filename(filename: str) -> str:
    """Return the last part of a file name, printable and short, for display only."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    printable = "".join("_" if is_unprintable(one) else one for one in last).strip()
    return printable[-FILENAME_LENGTH:] or "submission"


def _clean_link(link: str) -> str:
    cleaned = clean_text(link, "link", LINK_LENGTH)
    if cleaned and not cleaned.casefold().startswith(("https://", "http://")):
        raise Refused(
            RefusalCode.INVALID_FIELD,
            "A link starts with https:// or http://.",
            field="link",
        )
    if any(character.isspace() or character in "\"'<>`" for character in cleaned):
        raise Refused(
            RefusalCode.INVALID_FIELD, "A link has no blanks, quotes or brackets.", field="link"
        )
    return cleaned


def is_unprintable(character: str) -> bool:
    """Tell whether a character is a control, format, private, surrogate or unassigned one.

    Separators of lines and of paragraphs count too.
    """
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}

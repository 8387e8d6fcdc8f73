"""Derives names of slides, nodes and patients: a file's stem, in lower case."""

import re

_EXTENSION = re.compile(r"\.(tiff?|svs|mrxs|ndpi|xml|csv|zip|png|np[yz])$")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


def stem_of(text: str) -> str:
    """Return the name in a file name or a table's cell: lower case, no folder, no extension.

    Raises
    ------
    ValueError
        When nothing usable as a name is left, in words for the table's author.
    """
    name = _EXTENSION.sub("", text.strip().replace("\\", "/").rpartition("/")[2].casefold())
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{text[:80]!r} is not a name: use up to 100 letters, digits, dots, dashes, underscores"
        )
    return name

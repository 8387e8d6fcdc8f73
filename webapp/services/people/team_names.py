"""Cleans team names, and finds names that look alike."""

import re
import unicodedata

from webapp.errors import RefusalCode, Refused

MIN_NAME_LENGTH = 3
MAX_NAME_LENGTH = 40

_PUNCTUATION = " ._-"
_BLANKS = re.compile(r" +")
_SEPARATOR = re.compile(r"[ -]")
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
# Letters of other scripts, and digits, each with the Latin letter that it looks like (from the
# confusables of Unicode Technical Standard 39, those that a casefolded name can hold).
_LOOK_ALIKE_PAIRS = (
    "0o 1l il "  # digits, and i like l
    "аa еe оo рp сc уy хx іl јj ѕs һh ԁd ԛq ԝw ѵv гr пn кk мm тt вb нh ӏl ьb "  # noqa: RUF001
    "αa οo εe νv ρp υu ιl κk τt ωw χx"  # noqa: RUF001 - that is what the table is about
)
_LOOK_ALIKES = {ord(pair[0]): pair[1] for pair in _LOOK_ALIKE_PAIRS.split()}


def clean_team_name(name: str) -> str:
    """Trim a name; refuse it for other characters, mixed scripts or a wrong length."""
    cleaned = _BLANKS.sub(" ", unicodedata.normalize("NFC", name).strip())
    if not MIN_NAME_LENGTH <= len(cleaned) <= MAX_NAME_LENGTH:
        raise _refusal(f"A team name has {MIN_NAME_LENGTH} to {MAX_NAME_LENGTH} characters.")
    if not all(one.isalnum() or one in _PUNCTUATION for one in cleaned):
        raise _refusal("Letters, digits, blanks, dots, dashes and underscores only.")
    if not any(one.isalnum() for one in cleaned):
        raise _refusal("A team name has a letter or a digit.")
    if len(_scripts(cleaned)) > 1:
        raise _refusal("All letters of a team name belong to one script.")
    return cleaned


def skeleton(name: str) -> str:
    """Return a form that look-alike names have in common."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(one for one in folded if one.isalnum())
    return letters.translate(_LOOK_ALIKES).replace("rn", "m").replace("vv", "w")


def _scripts(name: str) -> set[str]:
    scripts = {_SEPARATOR.split(unicodedata.name(one, "?"))[0] for one in name if one.isalpha()}
    return {"EAST ASIAN" if script in _EAST_ASIAN else script for script in scripts}


def _refusal(detail: str) -> Refused:
    return Refused(RefusalCode.TEAM_NAME_INVALID, detail, field="name")

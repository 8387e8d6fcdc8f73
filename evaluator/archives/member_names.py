"""Sorts the names of a submission's files: safe, skipped, and in which folder."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from evaluator.errors import Findings, ProblemCode, quoted, shown_name

SKIPPED_FOLDER = "__MACOSX"
SKIPPED_NAMES = frozenset({".ds_store", "thumbs.db"})
ARCHIVE_SUFFIXES = frozenset(
    {".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar", ".lz4", ".jar"}
)
LONGEST_NAME = 255

_DRIVE = re.compile(r"[A-Za-z]:")


def used_paths(paths: Sequence[str], findings: Findings) -> tuple[str, ...]:
    """Return the paths that hold content, in the given order.

    Parameters
    ----------
    paths : sequence of str
        Path of every file (no folders) inside the submission, with ``/`` between parts.
    findings : Findings
        Gets a problem for each unsafe, repeated or too deep name, and a notice for each file that
        an operating system has added.
    """
    used = [path for path in paths if _is_safe(path, findings) and not _is_skipped(path, findings)]
    _report_repeated(used, findings)
    root = _root(used)
    for path in used:
        if _parent(path) != root:
            findings.problem(
                ProblemCode.NESTED_FOLDER,
                "Put all files side by side, at the top or in one folder; this one lies elsewhere.",
                shown_name(path),
            )
    return tuple(path for path in used if _parent(path) == root)


def report_unsafe(paths: Iterable[str], findings: Findings) -> None:
    """Note every path that could lead outside the submission."""
    for path in paths:
        _is_safe(path, findings)


def file_name(path: str) -> str:
    """Return the last part of a member's path."""
    return path.rsplit("/", 1)[-1]


def is_csv(path: str) -> bool:
    """Whether the name says CSV, whatever its case."""
    return PurePosixPath(path).suffix.lower() == ".csv"


def report_unexpected(path: str, findings: Findings) -> None:
    """Note a file that no phase of this kind reads."""
    if PurePosixPath(path).suffix.lower() in ARCHIVE_SUFFIXES:
        findings.problem(
            ProblemCode.NESTED_ARCHIVE,
            "An archive inside the submission is not opened; put its files in directly.",
            shown_name(path),
        )
    else:
        findings.problem(
            ProblemCode.UNEXPECTED_FILE,
            "No file of this kind belongs in this submission; leave it out.",
            shown_name(path),
        )


def _is_safe(path: str, findings: Findings) -> bool:
    reason = _unsafe_because(path)
    if reason:
        findings.problem(
            ProblemCode.UNSAFE_NAME,
            f"The name {quoted(path)} {reason}; rename the file.",
            shown_name(path),
        )
    return not reason


def _unsafe_because(path: str) -> str:
    parts = path.split("/")
    reasons = (
        (not path or not path.isprintable(), "is empty or holds control characters"),
        (path.startswith("/") or bool(_DRIVE.match(path)), "is an absolute path"),
        ("\\" in path, "holds a backslash"),
        (any(part in {"", ".", ".."} for part in parts), "holds an empty, '.' or '..' part"),
        (any(len(part) > LONGEST_NAME for part in parts), "is too long"),
    )
    return next((reason for is_so, reason in reasons if is_so), "")


def _is_skipped(path: str, findings: Findings) -> bool:
    parts = path.split("/")
    skipped = SKIPPED_FOLDER in parts[:-1] or parts[-1].lower() in SKIPPED_NAMES
    if skipped:
        findings.notice(
            ProblemCode.SKIPPED_FILE,
            "Left behind by an operating system; skipped.",
            shown_name(path),
        )
    return skipped


def _report_repeated(paths: Sequence[str], findings: Findings) -> None:
    first_of: dict[str, str] = {}
    for path in paths:
        first = first_of.get(path.casefold())
        if first is None:
            first_of[path.casefold()] = path
        else:
            findings.problem(
                ProblemCode.DUPLICATE_NAME,
                f"There is already a file {quoted(first)} (capitals do not count); keep one.",
                shown_name(path),
            )


def _root(paths: Sequence[str]) -> str:
    tops = {path.split("/", 1)[0] if "/" in path else "" for path in paths}
    return tops.pop() if len(tops) == 1 else ""


def _parent(path: str) -> str:
    return path.rpartition("/")[0]

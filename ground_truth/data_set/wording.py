"""Reports what a check of a data set found: as text for people, as JSON for programs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from ground_truth.data_set.check import DataSetReport
from ground_truth.data_set.contents import Part
from ground_truth.data_set.layouts import Inventory
from ground_truth.data_set.verification import ComparisonOutcome, FileComparison
from ground_truth.errors import Problem

_NAMES_SHOWN = 10

_FAILURES = (ComparisonOutcome.DIFFERS, ComparisonOutcome.UNREADABLE, ComparisonOutcome.CHANGED)


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything one check found.

    ``verified`` is None where checksums were not asked for; ``unlisted`` counts the images that no
    checksum list names; ``notices`` are remarks about the check itself.
    """

    inventory: Inventory
    reports: tuple[DataSetReport, ...]
    verified: tuple[FileComparison, ...] | None
    unlisted: int
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """True where a data set was found, nothing is missing and every comparison was equal."""
        failed = any(each.outcome in _FAILURES for each in self.verified or ())
        whole = all(report.is_complete for report in self.reports)
        return bool(self.reports) and whole and not failed and not self.problems


def findings_as_text(findings: Findings) -> str:
    """Return lines for a person; long lists of names are cut, with their number."""
    lines: list[str] = []
    for report in findings.reports:
        lines += [*_data_set_lines(report), ""]
    if not findings.reports:
        lines += ["Nothing of CAMELYON16 or CAMELYON17 is here.", ""]
    lines += _checksum_lines(findings)
    lines += _name_list_lines("still being fetched", findings.inventory.unfinished)
    lines += _name_list_lines("not recognised", findings.inventory.unknown)
    lines += [f"problem: {problem}" for problem in findings.problems]
    lines += [f"note: {notice}" for notice in findings.notices]
    return "\n".join(lines)


def findings_as_json(findings: Findings) -> dict[str, object]:
    """Return everything found, uncut, ready for ``json.dumps``."""
    return {
        "complete": findings.is_good,
        "data_sets": [_data_set_json(report) for report in findings.reports],
        "checksums": None if findings.verified is None else _checksum_json(findings),
        "unfinished": findings.inventory.unfinished,
        "unknown": findings.inventory.unknown,
        "problems": [asdict(problem) for problem in findings.problems],
        "notices": list(findings.notices),
    }


def _data_set_lines(report: DataSetReport) -> Iterator[str]:
    slides = [each for each in report.completeness if each.part is Part.IMAGES]
    yield report.data_set.name.upper()
    yield f"  laid out as: {'; '.join(report.layouts)}"
    if slides:
        present = sum(len(each.present) for each in slides)
        yield f"  slides: {present} of {sum(each.expected for each in slides)}"
    for each in report.completeness:
        yield f"    {each.split} {each.part}: {len(each.present)} of {each.expected}"
        yield from _name_list_lines("      missing", each.missing)
    counts = ", ".join(f"{report.files[part]} {part}" for part in Part)
    yield f"  files: {counts}"
    yield f"  reference: {', '.join(report.reference) or 'none'}"
    yield from (f"  missing: {_lacking(report, part)}" for part in report.missing_parts)
    yield from _name_list_lines("  damaged", report.damaged)
    yield from _name_list_lines("  not in the published data set", report.unpublished_paths)
    copies = [f"{slide} ({', '.join(paths)})" for slide, paths in report.copies.items()]
    yield from _name_list_lines("  more than once", copies)
    if report.errata:
        yield "  errata applied:"
        yield from (f"    {each.slide} {each.text}" for each in report.errata)


def _lacking(report: DataSetReport, part: Part) -> str:
    if part is Part.REFERENCE:
        return " or ".join(report.data_set.reference)
    return f"every file of the {part}"


def _checksum_lines(findings: Findings) -> Iterator[str]:
    if findings.verified is None:
        yield "checksums: not compared"
        return
    if not findings.inventory.checksum_lists:
        yield "checksums: no list here (checksums.md5, *.md5, *.sha256)"
        return
    yield f"checksums: {', '.join(findings.inventory.checksum_lists)}"
    equal = [each for each in findings.verified if each.outcome is ComparisonOutcome.EQUAL]
    known = sum(each.was_known for each in equal)
    yield f"  equal: {len(equal)} ({known} known from an earlier check)"
    for outcome in _FAILURES:
        yield from _name_list_lines(f"  {outcome}", _paths(findings.verified, outcome))
    yield from _name_list_lines(
        "  listed but not here", _paths(findings.verified, ComparisonOutcome.ABSENT)
    )
    if findings.unlisted:
        yield f"  images in no list: {findings.unlisted}"


def _name_list_lines(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        shown = ", ".join(names[:_NAMES_SHOWN])
        more = len(names) - _NAMES_SHOWN
        yield f"{title} ({len(names)}): {shown}" + (f" and {more} more" if more > 0 else "")


def _paths(verified: Iterable[FileComparison], outcome: ComparisonOutcome) -> list[str]:
    return [
        f"{each.path} ({each.reason})" if each.reason else each.path
        for each in verified
        if each.outcome is outcome
    ]


def _data_set_json(report: DataSetReport) -> dict[str, object]:
    return {
        "data_set": report.data_set.name,
        "layouts": list(report.layouts),
        "completeness": [
            {
                "part": each.part,
                "split": each.split,
                "expected": each.expected,
                "present": len(each.present),
                "missing": each.missing,
            }
            for each in report.completeness
        ],
        "files": dict(report.files),
        "reference": report.reference,
        "lacks": report.missing_parts,
        "damaged": report.damaged,
        "strangers": report.unpublished_paths,
        "copies": dict(report.copies),
        "errata": [asdict(erratum) for erratum in report.errata],
    }


def _checksum_json(findings: Findings) -> dict[str, object]:
    verified = findings.verified or ()
    counted = {
        "equal": sum(each.outcome is ComparisonOutcome.EQUAL for each in verified),
        "known": sum(each.was_known for each in verified),
        "unlisted": findings.unlisted,
    }
    named = {
        outcome.value: _paths(verified, outcome)
        for outcome in (*_FAILURES, ComparisonOutcome.ABSENT)
    }
    return {"lists": findings.inventory.checksum_lists, **counted, **named}

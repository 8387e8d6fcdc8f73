"""Finds slides of the case list by the names that participants write."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from evaluator.errors import Findings, ProblemCode
from ground_truth.reference import CaseList, SlideCase
from ground_truth.types import Kind


@dataclass(frozen=True, slots=True)
class SlideNames:
    """The slides of a case list by casefolded name, and which of them a kind asks for."""

    by_name: dict[str, SlideCase]
    wanted: tuple[str, ...]

    def find(self, name: str) -> SlideCase | None:
        """Return the slide of that name, with or without extension, whatever its case."""
        whole = self.by_name.get(name.casefold())
        return whole or self.by_name.get(PurePosixPath(name).stem.casefold())

    def missing(self, found: Iterable[str]) -> tuple[str, ...]:
        """Return the wanted slides that were not found, in name order."""
        present = frozenset(found)
        return tuple(slide for slide in self.wanted if slide not in present)

    def note_excluded(self, slides: Iterable[str], findings: Findings) -> None:
        """Note, once, the submitted slides that the kind does not use."""
        found = sorted(slides)
        if found:
            findings.notice(
                ProblemCode.EXCLUDED_SLIDE,
                f"Checked for form and kept, but not scored here: {', '.join(found)}.",
            )


def slide_names(cases: CaseList, kind: Kind) -> SlideNames:
    """Index a case list for one kind."""
    return SlideNames(
        by_name={case.slide.casefold(): case for case in cases.slides},
        wanted=tuple(sorted(case.slide for case in cases.slides if kind in case.kinds)),
    )

"""Holds the public case list: which slides and patients a submission must cover.

Participants' files are checked against nothing else, so it holds no label, no outline and no size
that was derived from outlines.
"""

import json
from dataclasses import dataclass
from typing import Any

from ground_truth.types import Kind


@dataclass(frozen=True, slots=True)
class SlideCase:
    """A slide as participants may know it; sizes in level-0 pixels, None where only assumed."""

    slide: str
    width: int | None
    height: int | None
    spacing_um: float | None
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class PatientCase:
    """A patient and the names of its nodes, without extension."""

    patient: str
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseList:
    """The slides and patients of one truth version, in name order."""

    truth_version: str
    layout: str
    slides: tuple[SlideCase, ...] = ()
    patients: tuple[PatientCase, ...] = ()

    def asks_for(self, kind: Kind) -> bool:
        """Whether a submission of this kind has anything to cover."""
        if kind is Kind.STAGING:
            return bool(self.patients)
        return any(kind in case.kinds for case in self.slides)

    def to_json(self) -> dict[str, Any]:
        """Return the contract's JSON object, ready for json.dumps."""
        return {
            "truth_version": self.truth_version,
            "layout": self.layout,
            "slides": [
                {
                    "slide": case.slide,
                    "width": case.width,
                    "height": case.height,
                    "spacing_um": case.spacing_um,
                    "kinds": sorted(case.kinds),
                }
                for case in self.slides
            ],
            "patients": [
                {"patient": case.patient, "nodes": list(case.nodes)} for case in self.patients
            ],
        }

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "CaseList":
        """Rebuild a case list from what `to_json` gave.

        Raises
        ------
        ValueError
            When the object is not a case list.
        """
        try:
            return cls(
                truth_version=body["truth_version"],
                layout=body["layout"],
                slides=tuple(
                    SlideCase(
                        slide=item["slide"],
                        width=item["width"],
                        height=item["height"],
                        spacing_um=item["spacing_um"],
                        kinds=frozenset(Kind(kind) for kind in item["kinds"]),
                    )
                    for item in body["slides"]
                ),
                patients=tuple(
                    PatientCase(item["patient"], tuple(item["nodes"])) for item in body["patients"]
                ),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a case list: {error!r}") from error


def read_case_list(text: str) -> CaseList:
    """Parse the JSON text of a case list.

    Raises
    ------
    ValueError
        When the text is not JSON or not a case list.
    """
    body = json.loads(text)
    if not isinstance(body, dict):
        raise ValueError("not a case list: expected a JSON object")  # noqa: TRY004 - one error
    return CaseList.from_json(body)

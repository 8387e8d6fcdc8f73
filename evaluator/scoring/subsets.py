"""Defines named sets of slides for offline scoring: those of papers, and parts of any set."""

from collections.abc import Callable
from dataclasses import replace

from ground_truth.types import GroundTruth, Kind, SlideTruth

TUMOUR = "tumour"
CENTRE_PREFIX = "centre:"
SUBSET_NAMES = ("all129", "no114", "no114_124", TUMOUR, f"{CENTRE_PREFIX}NAME")

_TEST_SET = frozenset(f"test_{number:03}" for number in range(1, 131))
"""The 130 slides of the CAMELYON16 test set."""
_WITHOUT = {
    # test_049 is a copy of another slide, test_114 is not exhaustively annotated; some papers
    # leave out test_124 too. The set of 129 is that of JAMA 2017;318(22):2199.
    "all129": frozenset({"test_049"}),
    "no114": frozenset({"test_049", "test_114"}),
    "no114_124": frozenset({"test_049", "test_114", "test_124"}),
}


def subset_of(truth: GroundTruth, kind: Kind, name: str) -> GroundTruth:
    """Return the truth with only a named set of slides scored for a kind.

    The case list stays whole: a submission must cover all slides, and those outside the set are
    checked but not scored.

    Raises
    ------
    ValueError
        When the name is unknown, the kind has no slides, the set is empty, or the version does
        not score a slide that the set has by definition.
    """
    if kind is Kind.STAGING:
        raise ValueError("named sets are sets of slides; staging is scored by patient")
    is_chosen = _choice(name)
    chosen = {slide.slide for slide in truth.slides_for(kind) if is_chosen(slide)}
    if not chosen:
        raise ValueError(f"no slide of version {truth.version} is in the set {name}")
    _check_whole(truth, kind, name, chosen)
    slides = (
        slide if slide.slide in chosen else replace(slide, kinds=slide.kinds - {kind})
        for slide in truth.slides
    )
    return replace(truth, slides=tuple(slides))


def _choice(name: str) -> Callable[[SlideTruth], bool]:
    if name in _WITHOUT:
        members = _TEST_SET - _WITHOUT[name]
        return lambda slide: slide.slide in members
    if name == TUMOUR:
        return lambda slide: slide.label == TUMOUR
    if name.startswith(CENTRE_PREFIX):
        centre = name.removeprefix(CENTRE_PREFIX)
        return lambda slide: slide.centre == centre
    raise ValueError(f"no set {name!r}; there are {', '.join(SUBSET_NAMES)}")


def _check_whole(truth: GroundTruth, kind: Kind, name: str, chosen: set[str]) -> None:
    """Make sure that the truth scores every slide of a set that papers define."""
    missing = sorted(_TEST_SET - _WITHOUT[name] - chosen) if name in _WITHOUT else []
    if missing:
        named = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")  # noqa: PLR2004
        raise ValueError(
            f"version {truth.version} does not score {named} for kind {kind}, so it has no {name}"
        )

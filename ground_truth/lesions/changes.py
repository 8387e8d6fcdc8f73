"""Compares a slide's regions in two masks: added, removed, grown, split or merged."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.lesions.regions import PROTOCOL_SPACING_UM
from ground_truth.types import EVALUATION_LEVEL, EvaluationMask

_MM2_A_PIXEL = (PROTOCOL_SPACING_UM * 2**EVALUATION_LEVEL / 1000) ** 2

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """One region: area in level-5 pixels and, at the protocol's spacing, in mm2."""

    label: int
    area_px5: int
    area_mm2: float
    feret_um: float | None
    is_itc_sized: bool


@dataclass(frozen=True, slots=True)
class RegionChange:
    """Regions that differ between two masks; ``change`` is added, removed or changed."""

    slide: str
    change: str
    before: tuple[RegionFacts, ...]
    after: tuple[RegionFacts, ...]
    reason: str


def region_changes(
    slide: str, before: EvaluationMask | None, after: EvaluationMask | None
) -> Iterator[RegionChange]:
    """Yield what differs between two masks of a slide, in the order of labels.

    Regions that share a pixel belong together. Regions whose label alone differs are not yielded.
    """
    facts = _facts(before), _facts(after)
    overlaps = _overlaps(before, after)
    for old, new in _groups(len(facts[0]), len(facts[1]), overlaps):
        was = tuple(facts[0][label - 1] for label in old)
        now = tuple(facts[1][label - 1] for label in new)
        reason = _reason(was, now, overlaps)
        if reason is not None:
            change = "changed" if was and now else "added" if now else "removed"
            yield RegionChange(slide, change, was, now, reason)


def _facts(mask: EvaluationMask | None) -> list[RegionFacts]:
    if mask is None:
        return []
    areas = np.bincount(mask.labels.ravel(), minlength=len(mask.is_itc_sized)).tolist()
    return [
        RegionFacts(
            label=label,
            area_px5=areas[label],
            area_mm2=round(areas[label] * _MM2_A_PIXEL, 4),
            feret_um=None if mask.feret_um is None else float(mask.feret_um[label]),
            is_itc_sized=bool(mask.is_itc_sized[label]),
        )
        for label in range(1, len(mask.is_itc_sized))
    ]


def _overlaps(
    before: EvaluationMask | None, after: EvaluationMask | None
) -> dict[tuple[int, int], int]:
    """Return how many pixels each region of one mask shares with each of the other."""
    if before is None or after is None:
        return {}
    (top, left), (bottom, right) = (
        (max(before.y0, after.y0), max(before.x0, after.x0)),
        (
            min(before.y0 + before.labels.shape[0], after.y0 + after.labels.shape[0]),
            min(before.x0 + before.labels.shape[1], after.x0 + after.labels.shape[1]),
        ),
    )
    if top >= bottom or left >= right:
        return {}
    old, new = (
        mask.labels[top - mask.y0 : bottom - mask.y0, left - mask.x0 : right - mask.x0]
        for mask in (before, after)
    )
    shared = (old > 0) & (new > 0)
    keys = (old[shared].astype(np.int64) << 16) | new[shared]
    pairs, counts = np.unique(keys, return_counts=True)
    return {
        (int(pair) >> 16, int(pair) & 0xFFFF): int(count)
        for pair, count in zip(pairs, counts, strict=True)
    }


def _groups(
    n_before: int, n_after: int, overlaps: dict[tuple[int, int], int]
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield groups of labels of both masks whose regions overlap; each label is in one group."""
    linked: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for old, new in overlaps:
        linked.setdefault(("before", old), set()).add(("after", new))
        linked.setdefault(("after", new), set()).add(("before", old))
    nodes = [("before", label + 1) for label in range(n_before)]
    nodes += [("after", label + 1) for label in range(n_after)]
    seen: set[tuple[str, int]] = set()
    for node in nodes:
        if node in seen:
            continue
        waiting, group = [node], {node}
        while waiting:
            found = linked.get(waiting.pop(), set()) - group
            group |= found
            waiting += found
        seen |= group
        old_labels, new_labels = (
            sorted(label for side, label in group if side == wanted)
            for wanted in ("before", "after")
        )
        yield old_labels, new_labels


def _reason(
    was: tuple[RegionFacts, ...],
    now: tuple[RegionFacts, ...],
    overlaps: dict[tuple[int, int], int],
) -> str | None:
    """Say how the regions changed; None where they did not."""
    if not was:
        return "nothing was there"
    if not now:
        return "nothing is there"
    if len(was) > 1 or len(now) > 1:
        verb = "split" if len(was) == 1 else "merged" if len(now) == 1 else "redrawn"
        return f"{verb}: {len(was)} became {len(now)}"
    (old,), (new,) = was, now
    words = []
    if not old.area_px5 == new.area_px5 == overlaps[old.label, new.label]:
        grown = "grown" if new.area_px5 > old.area_px5 else "shrunk"
        words.append(grown if new.area_px5 != old.area_px5 else "moved")
    if old.is_itc_sized != new.is_itc_sized:
        words.append("now ITC-sized" if new.is_itc_sized else "no longer ITC-sized")
    if not words and None not in {old.feret_um, new.feret_um} and old.feret_um != new.feret_um:
        words.append("annotated differently within the same region")
    return ", ".join(words) or None

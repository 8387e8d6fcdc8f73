"""Makes a team's lesion submission: a zip with one detection CSV a slide."""

import io
import zipfile
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ground_truth.types import EVALUATION_LEVEL, Kind, SlideTruth
from webapp.demo.teams import Skill
from webapp.demo.truths import DemoTruths, Region

Detections = NDArray[np.float64]
"""Rows of confidence, x and y, shape (n, 3); x and y are level-0 pixels."""

HEADER = "confidence,x,y"

_UNKNOWN_SIDE_PX = 65_536
"""False detections are drawn from this square if a slide's size is not known."""

_ITC_SHARE = 0.4
"""Regions too small to count are found this much less often than lesions."""

_N_DIFFICULTIES = 256
"""Regions of one slide that are hard or easy independently of each other."""

_ZIP_TIME = (2017, 1, 1, 0, 0, 0)


def lesion_zip(truths: DemoTruths, skill: Skill, seed: int) -> bytes:
    """Return the bytes of a submission to a phase of lesions; equal arguments, equal bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number, slide in enumerate(truths.camelyon16.slides_for(Kind.LESIONS)):
            rng = np.random.default_rng([seed, number])
            detections = detect(slide, truths.regions[slide.slide], skill, rng)
            entry = zipfile.ZipInfo(f"{slide.slide}.csv", _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, csv_text(detections))
    return content.getvalue()


def detect(
    slide: SlideTruth, regions: Sequence[Region], skill: Skill, rng: np.random.Generator
) -> Detections:
    """Return what a method of some skill reports on a slide, the most confident first.

    With equal ``rng`` a more sensitive method finds every lesion of a less sensitive one.
    """
    difficulty = rng.random(_N_DIFFICULTIES)
    found = [_false_detections(slide, skill, rng)]
    for label, region in enumerate(regions, start=1):
        chance = skill.sensitivity * (_ITC_SHARE if region.is_itc_sized else 1.0)
        if difficulty[label % _N_DIFFICULTIES] < chance:
            found.append(_detections_of_region(slide, region, skill, rng))
    detections = np.concatenate(found)
    detections[:, 1] = np.clip(detections[:, 1], 0, (slide.width or _UNKNOWN_SIDE_PX) - 1)
    detections[:, 2] = np.clip(detections[:, 2], 0, (slide.height or _UNKNOWN_SIDE_PX) - 1)
    return detections[np.argsort(-detections[:, 0], kind="stable")]


def csv_text(detections: Detections) -> str:
    """Write detections as a participant does: confidences of four decimals, whole pixels."""
    rows = [f"{confidence:.4f},{x:.0f},{y:.0f}" for confidence, x, y in detections.tolist()]
    return "\n".join([HEADER, *rows, ""])


def _false_detections(slide: SlideTruth, skill: Skill, rng: np.random.Generator) -> Detections:
    """Return false detections anywhere on the slide; a weak method gives them high confidences."""
    count = int(rng.poisson(skill.false_positives))
    sides = (slide.width or _UNKNOWN_SIDE_PX, slide.height or _UNKNOWN_SIDE_PX)
    x, y = (rng.integers(0, side, count) for side in sides)
    confidence = rng.beta(1.5, 1.5 + 3.0 * skill.sensitivity, count)
    return np.stack([_clip_confidence(confidence), x, y], axis=1)


def _detections_of_region(
    slide: SlideTruth, region: Region, skill: Skill, rng: np.random.Generator
) -> Detections:
    """Return one to three detections at one region, each off by the method's own error."""
    chosen = rng.integers(0, region.x5.size, int(rng.integers(1, 4)))
    offset_px = rng.normal(0.0, skill.offset_um / slide.spacing_um, (2, chosen.size))
    scale = 2**EVALUATION_LEVEL
    x = (region.x5[chosen] + 0.5) * scale + offset_px[0]
    y = (region.y5[chosen] + 0.5) * scale + offset_px[1]
    confidence = rng.beta(1.0 + 2.5 * skill.sensitivity, 1.6, chosen.size)
    return np.stack([_clip_confidence(confidence), np.floor(x), np.floor(y)], axis=1)


def _clip_confidence(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Clip confidences to [0.0001, 0.9999]: 0 would mean "not reported"."""
    return np.clip(confidence, 0.0001, 0.9999)

"""Turns annotation lists into masks as ASAP's AnnotationToMask does."""

import logging
import operator
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ground_truth.annotations import (
    NO_GROUP,
    Annotation as Record,
    AnnotationList as Records,
)
from ground_truth.slides.mir.annotations import Annotation, AnnotationList
from ground_truth.slides.mir.writer_settings import ProgressMonitor, checked_spacing

_LOGGER = logging.getLogger(__name__)
_NO_LABELS: Mapping[str, int] = MappingProxyType({})


class AnnotationToMask:
    """Converts outlines to label masks."""

    def setProgressMonitor(self, monitor: ProgressMonitor | None) -> None:
        """Take a monitor, which is not told anything: a mask takes no time to speak of."""

    def convert(
        self,
        annotationList: AnnotationList,
        maskFile: str | PathLike[str],
        dimensions: Sequence[int],
        spacing: Sequence[float],
        nameToLabel: Mapping[str, int] = _NO_LABELS,
        nameOrder: Sequence[str] = (),
    ) -> None:
        """Write a pyramidal mask, every pixel as ASAP's; it appears whole or not at all.

        Parameters
        ----------
        annotationList
            Outlines in level-0 pixels; left as it is, where ASAP turns some outlines around.
        dimensions
            (width, height) in level-0 pixels.
        spacing
            (x, y) um per level-0 pixel; empty where it is not known.
        nameToLabel
            Labels of groups, or of names where the list has no group; empty for 1 everywhere.
        nameOrder
            Groups or names are painted over each other in this order, 0 erasing; where it is
            empty, the largest label wins.

        Raises
        ------
        ValueError
            When there is no pixel, the slide is so low that ASAP would crash, or the spacing is
            no two numbers above 0.
        OSError
            When the file cannot be written.
        """
        # Loaded here, so that importing the package stays cheap.
        from ground_truth.masks import Codec, Layout, write_annotation_mask
        from ground_truth.raster import Recipe, painting_of

        width, height = map(operator.index, dimensions)
        labels = {name: operator.index(label) for name, label in nameToLabel.items()}
        records, recipe = _records(annotationList), Recipe(labels, tuple(nameOrder))
        # ASAP reads LZW, and programs that know no missing tiles read dense files.
        layout = Layout(Codec.LZW, is_dense=True)
        x_um, y_um = checked_spacing(spacing) or (None, None)
        spacing_um = None if x_um is None or y_um is None else (x_um, y_um)
        write_annotation_mask(Path(maskFile), records, recipe, (width, height), spacing_um, layout)
        strokes = painting_of(records, recipe).strokes
        if labels and records.items and not any(stroke.value for stroke in strokes):
            _LOGGER.warning("%s: no annotation has a label, so the mask is all 0", maskFile)


def _records(source: AnnotationList) -> Records:
    items = tuple(_record(annotation) for annotation in source.getAnnotations())
    return Records(items, has_groups=bool(source.getGroups()))


def _record(annotation: Annotation) -> Record:
    group = annotation.getGroup()
    places = [(point.getX(), point.getY()) for point in annotation.getCoordinates()]
    return Record(
        name=annotation.getName(),
        type=annotation.getTypeAsString(),
        group=NO_GROUP if group is None else group.getName(),
        line=0,
        vertices=np.array(places, dtype=np.float32).reshape(-1, 2),
    )

"""Sorts annotations by group: tumour, cut out of it, or in no group and ignored."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.annotations.records import NO_GROUP, Annotation

TUMOUR_GROUPS = ("_0", "_1", "Tumor", "metastases")
"""CAMELYON16's own groups, and CAMELYON17's under both names found in circulation."""

CUT_OUT_GROUPS = ("_2", "Exclusion", "normal")
"""Painted after tumour, as the data sets' conversion recipes do."""

Ring = NDArray[np.float32]

_PAIR = re.compile(r"(?P<group>.+)=(?P<label>[0-9]{1,3})")
_TUMOUR, _CUT_OUT = "1", "0"


@dataclass(frozen=True, slots=True)
class Outlines:
    """One slide's rings by role, each of shape (n, 2), float32 level-0 (x, y).

    ``ignored`` names the annotations in no group, which are left out, as ASAP does.
    """

    tumour: tuple[Ring, ...]
    cut_out: tuple[Ring, ...]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRoles:
    """Names of groups by role; a group in neither is an error where a file uses it."""

    tumour: tuple[str, ...] = TUMOUR_GROUPS
    cut_out: tuple[str, ...] = CUT_OUT_GROUPS

    @property
    def known_groups(self) -> frozenset[str]:
        """All groups that have a role."""
        return frozenset(self.tumour + self.cut_out)


CAMELYON_ROLES = GroupRoles()
"""The groups that CAMELYON16 and CAMELYON17 use, under all names found in circulation."""


def parse_roles(text: str) -> GroupRoles:
    """Read ``GROUP=1,GROUP=0,...``, where 1 is tumour and 0 is cut out of it.

    The roles read replace all default ones.

    Raises
    ------
    ValueError
        In words for the command line, when a pair is malformed, a label is neither 0 nor 1, a
        group comes twice or none is tumour.
    """
    labels: dict[str, str] = {}
    for pair in text.split(","):
        match = _PAIR.fullmatch(pair.strip())
        if match is None:
            raise ValueError(f"{pair.strip()[:80]!r} is not GROUP=LABEL")
        group, label = match["group"].strip(), match["label"]
        if label not in {_TUMOUR, _CUT_OUT}:
            raise ValueError(f"{group[:80]!r} has the label {label}: 1 is tumour, 0 is cut out")
        if group in labels:
            raise ValueError(f"{group[:80]!r} comes twice")
        labels[group] = label
    roles = GroupRoles(
        tumour=tuple(group for group, label in labels.items() if label == _TUMOUR),
        cut_out=tuple(group for group, label in labels.items() if label == _CUT_OUT),
    )
    if not roles.tumour:
        raise ValueError("no group has the label 1, so nothing is tumour")
    return roles


def outlines_by_role(annotations: Sequence[Annotation], roles: GroupRoles) -> Outlines:
    """Sort annotations, read with these roles' groups, by role; keep document order."""
    return Outlines(
        tumour=tuple(each.vertices for each in annotations if each.group in roles.tumour),
        cut_out=tuple(each.vertices for each in annotations if each.group in roles.cut_out),
        ignored=tuple(each.name for each in annotations if each.group == NO_GROUP),
    )

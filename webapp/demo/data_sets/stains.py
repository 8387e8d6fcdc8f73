"""Holds the colours of haematoxylin and eosin for each compartment of a section."""

from dataclasses import dataclass
from enum import IntEnum

WHITE = (243, 242, 244)
"""Colour of empty glass, with the usual faint tint of a scanner."""


class Compartment(IntEnum):
    """What a pixel shows; the values index the textures."""

    GLASS = 0
    STROMA = 1
    LYMPHOCYTES = 2
    FOLLICLE = 3
    TUMOUR = 4


@dataclass(frozen=True, slots=True)
class Stain:
    """Colours of ground and nuclei, and size and distance of the nuclei in level-0 pixels."""

    ground: tuple[int, int, int]
    nucleus: tuple[int, int, int]
    nucleus_radius_px: float
    nucleus_distance_px: float


STAINS = (
    Stain((232, 184, 206), (146, 96, 158), 7.0, 64.0),
    Stain((206, 160, 200), (104, 74, 148), 11.0, 31.0),
    Stain((218, 186, 214), (134, 100, 170), 13.0, 44.0),
    Stain((224, 168, 194), (138, 90, 156), 20.0, 62.0),
)
"""Stroma, lymphocytes, follicle and tumour. At 0.243 um a lymphocyte's nucleus is about 7 um wide
and a carcinoma cell's about 12 um."""

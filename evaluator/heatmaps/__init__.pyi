from .heatmap import (
    Found as Found,
    Heatmap as Heatmap,
    detections_of as detections_of,
    kept_of as kept_of,
    reach_of as reach_of,
)
from .patch_grid import (
    read_patches as read_patches,
    thinned as thinned,
)
from .suppression import MOST_COUNTED as MOST_COUNTED

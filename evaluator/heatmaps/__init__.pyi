from .heatmap import (
    Heatmap as Heatmap,
    StrongestDetections as StrongestDetections,
    detections_of as detections_of,
    reach_of as reach_of,
    strongest_on_slide as strongest_on_slide,
)
from .patch_grid import (
    read_patches as read_patches,
    suppressed_patches as suppressed_patches,
)
from .suppression import MOST_COUNTED_POINTS as MOST_COUNTED_POINTS

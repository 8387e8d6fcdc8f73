from .annotation_mask import write_annotation_mask as write_annotation_mask
from .layout import (
    Codec as Codec,
    Layout as Layout,
)
from .tile_file import (
    level_count as level_count,
    level_sizes as level_sizes,
    remove_abandoned as remove_abandoned,
)

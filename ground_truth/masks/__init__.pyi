from .layout import (
    Codec as Codec,
    Layout as Layout,
)
from .pyramid import write_pyramid as write_pyramid
from .tile_file import (
    drop_abandoned as drop_abandoned,
    level_sizes as level_sizes,
)

from .changes import (
    RegionChange as RegionChange,
    RegionFacts as RegionFacts,
    region_changes as region_changes,
)
from .evaluation_masks import evaluation_mask_of as evaluation_mask_of
from .feret import feret_diameters_px as feret_diameters_px
from .mask_images import (
    read_mask as read_mask,
    sha256_of_file as sha256_of_file,
)
from .regions import (
    GROWTH_UM as GROWTH_UM,
    ITC_LIMIT_UM as ITC_LIMIT_UM,
    PROTOCOL_SPACING_UM as PROTOCOL_SPACING_UM,
    Regions as Regions,
    regions_of as regions_of,
    runs_of as runs_of,
)
from .sizes import (
    LesionSize as LesionSize,
    contradictions as contradictions,
    size_of as size_of,
)

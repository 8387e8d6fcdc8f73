from .cases import (
    CaseList as CaseList,
    PatientCase as PatientCase,
    SlideCase as SlideCase,
    read_case_list as read_case_list,
)
from .exclusions import (
    CAMELYON16_EXCLUSIONS as CAMELYON16_EXCLUSIONS,
    Exclusion as Exclusion,
    kinds_left as kinds_left,
    read_exclusions as read_exclusions,
    unknown_slides as unknown_slides,
)
from .slides import (
    SlideReference as SlideReference,
    SlideSize as SlideSize,
    checked_spacing as checked_spacing,
    dimensions_of as dimensions_of,
    label_and_category as label_and_category,
    pixels_of as pixels_of,
    read_reference as read_reference,
    read_sizes as read_sizes,
    spacing_um_of as spacing_um_of,
)
from .stages import (
    node_lines as node_lines,
    read_stages as read_stages,
)

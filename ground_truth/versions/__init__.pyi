from .build import (
    build_camelyon16 as build_camelyon16,
    build_camelyon17 as build_camelyon17,
)
from .consistency import check_version as check_version
from .diff import difference as difference
from .diff_text import difference_lines as difference_lines
from .export import (
    ShapeFormat as ShapeFormat,
    export_version as export_version,
    write_shapes as write_shapes,
)
from .shapes import (
    COLOURS as COLOURS,
    ITC_SIZED as ITC_SIZED,
    Colour as Colour,
    Shape as Shape,
    region_shape as region_shape,
)
from .slide_drafts import (
    Progress as Progress,
    read_or_note as read_or_note,
)
from .sources import (
    AnnotationFile as AnnotationFile,
    find_annotations as find_annotations,
    find_images as find_images,
)
from .table_layout import build_table as build_table
from .tumour import Reading as Reading
from .version import (
    case_list as case_list,
    exclusions_of as exclusions_of,
    label_exclusions_of as label_exclusions_of,
    load_truth as load_truth,
)

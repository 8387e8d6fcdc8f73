from .asap import (
    CONTENT_LIMIT_BYTES as CONTENT_LIMIT_BYTES,
    read_annotation_list as read_annotation_list,
    read_annotations as read_annotations,
)
from .groups import (
    CAMELYON_ROLES as CAMELYON_ROLES,
    GroupRoles as GroupRoles,
    Outlines as Outlines,
    outlines_by_role as outlines_by_role,
    parse_roles as parse_roles,
)
from .lenient_asap import (
    LenientDocument as LenientDocument,
    LenientGroup as LenientGroup,
    read_document as read_document,
    read_leniently as read_leniently,
)
from .records import (
    NO_GROUP as NO_GROUP,
    Annotation as Annotation,
    AnnotationList as AnnotationList,
)
from .vertices import COORDINATE_LIMIT_PX as COORDINATE_LIMIT_PX

from .detections import (
    DETECTION_COLUMNS as DETECTION_COLUMNS,
    MAX_CSV_BYTES as MAX_CSV_BYTES,
    DetectionBounds as DetectionBounds,
    Detections as Detections,
    plain_table as plain_table,
    read_detections as read_detections,
)
from .geojson import read_geojson as read_geojson
from .geometry import (
    Geometry as Geometry,
    SlideSize as SlideSize,
    geometry_of as geometry_of,
)
from .metadata import (
    CENTRE as CENTRE,
    COLUMNS_FIRST as COLUMNS_FIRST,
    GEOMETRY_KEYS as GEOMETRY_KEYS,
    MAX_METADATA_BYTES as MAX_METADATA_BYTES,
    SUBMISSION_FILE as SUBMISSION_FILE,
    GeometryChoice as GeometryChoice,
    GeometryJson as GeometryJson,
    Metadata as Metadata,
    checked_geometry as checked_geometry,
    geometry_choice as geometry_choice,
    read_geometry_json as read_geometry_json,
    read_submission_toml as read_submission_toml,
)
from .slide_forms import (
    DOES_NOT_SMOOTH as DOES_NOT_SMOOTH,
    FORM_OF_SUFFIX as FORM_OF_SUFFIX,
    HEATMAP_FORMS as HEATMAP_FORMS,
    MAX_BYTES_OF_FORM as MAX_BYTES_OF_FORM,
    PROBE_REQUEST as PROBE_REQUEST,
    SMOOTHS as SMOOTHS,
    DecodeRequest as DecodeRequest,
    Form as Form,
)
from .slide_probabilities import (
    PROBABILITIES_FILE as PROBABILITIES_FILE,
    SlideConfidences as SlideConfidences,
    read_slide_probabilities as read_slide_probabilities,
)
from .stages import (
    STAGES_FILE as STAGES_FILE,
    SubmittedStages as SubmittedStages,
    complete_nodes as complete_nodes,
    read_stages as read_stages,
)

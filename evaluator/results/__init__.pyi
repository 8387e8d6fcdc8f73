from .parameters import (
    CHOSEN_NUMBERS as CHOSEN_NUMBERS,
    LesionParameters as LesionParameters,
    Parameters as Parameters,
    SlideParameters as SlideParameters,
    StagingParameters as StagingParameters,
    Suppression as Suppression,
    Ties as Ties,
    default_parameters as default_parameters,
    parameters_from_json as parameters_from_json,
    parameters_to_json as parameters_to_json,
)
from .replicates import (
    Replicates as Replicates,
    replicates_from_npz as replicates_from_npz,
    replicates_to_npz as replicates_to_npz,
)
from .result import (
    PROTOCOLS as PROTOCOLS,
    Json as Json,
    JsonObject as JsonObject,
    Provenance as Provenance,
    Result as Result,
    canonical_json as canonical_json,
    content_sha256 as content_sha256,
    provenance_of as provenance_of,
    result_from_json as result_from_json,
    scoring_digest as scoring_digest,
    undefined_section as undefined_section,
    with_resample_digest as with_resample_digest,
)
from .saved_results import (
    SavedResult as SavedResult,
    check_comparable as check_comparable,
    read_folder as read_folder,
    read_saved as read_saved,
)

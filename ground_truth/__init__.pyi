from .annotations import (
    Annotation as Annotation,
    AnnotationList as AnnotationList,
)
from .errors import (
    Problem as Problem,
    TruthError as TruthError,
)
from .reference import CaseList as CaseList
from .scripts import (
    load_truth as load_truth,
    read_annotations as read_annotations,
    read_cases as read_cases,
    write_mask as write_mask,
)
from .slides import Slide as Slide
from .types import (
    EvaluationMask as EvaluationMask,
    GroundTruth as GroundTruth,
    Kind as Kind,
    PatientTruth as PatientTruth,
    SlideTruth as SlideTruth,
)
from .versions import case_list as case_list

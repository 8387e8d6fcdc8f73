from .comparison import Comparison as Comparison
from .errors import (
    Problem as Problem,
    ProblemCode as ProblemCode,
    SubmissionError as SubmissionError,
)
from .metrics.intervals import (
    Interval as Interval,
    Undefined as Undefined,
)
from .metrics.scores import (
    BACKGROUND as BACKGROUND,
    IGNORED as IGNORED,
    Score as Score,
    Units as Units,
    auc as auc,
    compare_scores as compare_scores,
    froc as froc,
    kappa as kappa,
)
from .results import (
    LesionParameters as LesionParameters,
    Result as Result,
    SlideParameters as SlideParameters,
    StagingParameters as StagingParameters,
)
from .scripts import (
    check_file as check_file,
    compare_results as compare_results,
    score_file as score_file,
)
from .submissions import CheckReport as CheckReport

SCORING_VERSION: str

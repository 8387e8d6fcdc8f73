from .ensembles import (
    COMBINATION_RULES as COMBINATION_RULES,
    Ensemble as Ensemble,
    combine_best as combine_best,
    ensemble_json as ensemble_json,
)
from .exports import (
    challenger_csv as challenger_csv,
    ranking_csv as ranking_csv,
    replicates_npz as replicates_npz,
)
from .pairs import (
    CLOSED_FORM_NAMES as CLOSED_FORM_NAMES,
    Comparison as Comparison,
    Pair as Pair,
    compare as compare,
    comparison_json as comparison_json,
    comparison_text as comparison_text,
    scores_of as scores_of,
)
from .ranking import (
    RankedResult as RankedResult,
    Ranking as Ranking,
    rank as rank,
)
from .wording import (
    NO_VALUE_TEXT as NO_VALUE_TEXT,
    UNIT_NAMES as UNIT_NAMES,
    interval_text as interval_text,
    method_text as method_text,
    metric_section as metric_section,
    p_value_text as p_value_text,
    reason_text as reason_text,
    undefined_text as undefined_text,
    units_text as units_text,
)

from .evaluation import evaluate as evaluate
from .intervals import (
    IntervalSection as IntervalSection,
    interval_of as interval_of,
    interval_section as interval_section,
)
from .outcomes import outcome_shapes as outcome_shapes
from .subsets import subset_of as subset_of

from .comparison import (
    comparison_report as comparison_report,
    ranking_report as ranking_report,
)
from .ensemble import (
    ensemble_report as ensemble_report,
    ensemble_text as ensemble_text,
)
from .page import Section as Section
from .result import (
    result_report as result_report,
    result_sections as result_sections,
)

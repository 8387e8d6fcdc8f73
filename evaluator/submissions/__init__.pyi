from .checking import (
    CheckReport as CheckReport,
    Submission as Submission,
    check as check,
    read_lesions as read_lesions,
    read_slides as read_slides,
    read_staging as read_staging,
)
from .steps import (
    NO_STEPS as NO_STEPS,
    Steps as Steps,
)

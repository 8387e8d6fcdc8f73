from .confinement import (
    ConfinementError as ConfinementError,
    ConfinementLevel as ConfinementLevel,
    confinement_level as confinement_level,
)
from .decode import (
    Decoder as Decoder,
    SlideAnswer as SlideAnswer,
    checked_answer as checked_answer,
    decoder as decoder,
)

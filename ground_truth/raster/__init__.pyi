from .filling import (
    Runs as Runs,
    Stroke as Stroke,
    fill as fill,
    halved as halved,
)
from .painting import (
    Recipe as Recipe,
    check_keys as check_keys,
    painting_of as painting_of,
    recipe_problems as recipe_problems,
)
from .rings import region_rings as region_rings
from .run_sets import (
    RunSet as RunSet,
    connected_parts as connected_parts,
    united as united,
    without_holes as without_holes,
)

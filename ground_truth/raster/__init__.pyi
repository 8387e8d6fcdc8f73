from .filling import (
    Runs as Runs,
    Stroke as Stroke,
    fill_outlines as fill_outlines,
    halved_runs as halved_runs,
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
    union_of_runs as union_of_runs,
    without_holes as without_holes,
)

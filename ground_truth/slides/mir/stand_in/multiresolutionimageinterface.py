"""Stands in for ASAP's module in scripts that `ground_truth.slides.mir` runs, and their processes.

Its folder is put on the path that modules are found on, which processes started by a script take
over.
"""

import sys

from ground_truth.slides import mir

sys.modules[__name__] = mir

"""Turns one submission and one ground truth into a result.

Scripts import what they need from here (docs/python.md); it is loaded when it is first used.
"""

import lazy_loader

SCORING_VERSION = "1"
"""Raised only with an entry under "Scores" in CHANGELOG.md, never with the package's version."""

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Reads, rasterises and versions the reference standard of CAMELYON16 and CAMELYON17.

Scripts import what they need from here (docs/python.md); it is loaded when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

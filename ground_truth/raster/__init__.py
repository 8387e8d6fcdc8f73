"""Turns outlines into pixels by ASAP's rule: edges, crossings, filled runs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

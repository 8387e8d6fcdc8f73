"""Holds what a scoring gave: the canonical result, its replicates, its parameters, saved files."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

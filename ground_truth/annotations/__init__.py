"""Reads annotation files: ASAP's XML to outlines, their groups to tumour or cut out of it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

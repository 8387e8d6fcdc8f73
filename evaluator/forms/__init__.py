"""Reads what may be said of a slide or patient: detections, probabilities, stages, geometry."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

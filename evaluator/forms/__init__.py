"""Reads what may be said of a slide or patient: detections, probabilities, stages, geometry."""

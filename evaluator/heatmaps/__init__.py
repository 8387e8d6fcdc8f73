"""Turns heatmaps and patch grids into detections."""

"""Metrics: arrays in, numbers out; knows neither files nor truth."""

"""Draws the synthetic data sets: slides with tissue and lesions, patients with stages."""

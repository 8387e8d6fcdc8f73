"""Turns tumour pixels into labelled regions: evaluable lesions and ITC-sized ones."""

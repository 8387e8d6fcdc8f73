"""Accepts submissions and never loses one: uploads, admission, quotas, decisions."""

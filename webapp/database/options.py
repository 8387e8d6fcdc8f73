"""Names the execution options by which a transaction says how it uses the database."""

READ_ONLY_OPTION = "camelyon_read_only"
"""The transaction only reads, so SQLite need not take its write lock."""

BEST_EFFORT_OPTION = "camelyon_best_effort"
"""The transaction would rather fail than wait for another's lock."""

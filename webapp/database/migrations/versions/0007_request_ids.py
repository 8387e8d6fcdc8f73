"""Adds the id of the request that made an upload or submission, so that logs can be followed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; rows of before have none, and older code leaves them empty."""
    for table in ("upload", "submission"):
        op.add_column(
            table,
            sa.Column("request_id", sa.String(64), comment="of the request that made it, for logs"),
        )

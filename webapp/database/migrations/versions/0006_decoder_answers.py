"""Creates the table of the decoder's answers, so that lost work is not decoded again."""

import sqlalchemy as sa
from alembic import op

from webapp.database.engine import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "decoder_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, comment="of the submitted file"),
        sa.Column(
            "key", sa.String(64), nullable=False, comment="digest of slide's file and question"
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="one line of JSON, deflated"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decoder_answer")),
        sa.UniqueConstraint("sha256", "key", name=op.f("uq_decoder_answer_sha256_key")),
    )
    op.create_index("ix_decoder_answer_created_at", "decoder_answer", ["created_at"])

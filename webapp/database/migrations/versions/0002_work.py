"""Creates the tables of uploads, submissions and evaluations."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from webapp.database.engine import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SUBMISSION_STATES = (
    "received",
    "validating",
    "accepted",
    "rejected",
    "quarantined",
    "withdrawn",
)


def upgrade() -> None:
    """Create the tables, referred ones first."""
    _create_upload()
    _create_submission()
    _index_submission()
    _create_evaluation()


def _create_upload() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(120), nullable=False, comment="for display only"),
        sa.Column("sha256", sa.String(64)),
        sa.Column("size", sa.BigInteger(), comment="bytes"),
        sa.Column(
            "state",
            _one_of("uploadstate", "open", "complete", "checking", "checked", "expired"),
            nullable=False,
        ),
        sa.Column("report", sa.JSON(none_as_null=True), comment="of the check"),
        sa.Column("case_list_id", sa.Integer(), comment="checked against"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("checked_at", UtcDateTime()),
        *_lease(),
        sa.CheckConstraint("attempt <= 3", name=op.f("ck_upload_attempt")),
        _refers("upload", "case_list_id", "case_list"),
        _refers("upload", "phase_id", "phase"),
        _refers("upload", "team_id", "team"),
        _refers("upload", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upload_public_id")),
    )
    op.create_index(op.f("ix_upload_sha256"), "upload", ["sha256"])
    op.create_index("ix_upload_state", "upload", ["state", "lease_expires_at"])


def _create_submission() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer()),
        sa.Column("filename", sa.String(120), nullable=False, comment="for display only"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("method", sa.String(120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("link", sa.String(500), nullable=False),
        sa.Column(
            "state",
            _one_of("submissionstate", *SUBMISSION_STATES),
            nullable=False,
        ),
        sa.Column(
            "report",
            sa.JSON(none_as_null=True),
            comment="problems, notices and warnings of the check",
        ),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("is_baseline", sa.Boolean(), nullable=False),
        sa.Column("is_disqualified", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False, comment="chosen by the team"),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        *_lease(),
        sa.CheckConstraint("attempt <= 3", name=op.f("ck_submission_attempt")),
        _refers("submission", "phase_id", "phase"),
        _refers("submission", "team_id", "team"),
        _refers("submission", "upload_id", "upload"),
        _refers("submission", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("public_id", name=op.f("uq_submission_public_id")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_submission_upload_id")),
    )


def _index_submission() -> None:
    op.create_index(
        "ix_submission_phase_team", "submission", ["phase_id", "team_id", "submitted_at"]
    )
    op.create_index(op.f("ix_submission_sha256"), "submission", ["sha256"])
    op.create_index("ix_submission_state", "submission", ["state", "lease_expires_at"])


def _create_evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("scoring", sa.String(12), nullable=False),
        sa.Column("truth_version", sa.String(12), nullable=False),
        sa.Column(
            "state",
            _one_of("evaluationstate", "queued", "running", "scored", "failed", "quarantined"),
            nullable=False,
        ),
        sa.Column("score", sa.Double()),
        sa.Column("score_reason", sa.String(40), comment="why score is undefined"),
        sa.Column("result", sa.Text(), comment="canonical JSON, byte for byte"),
        sa.Column("failure_code", sa.String(40)),
        sa.Column("slides_done", sa.Integer(), nullable=False),
        sa.Column("slides_total", sa.Integer()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), comment="first claim"),
        sa.Column("finished_at", UtcDateTime()),
        *_lease(),
        sa.CheckConstraint(
            "(state = 'scored') = (result IS NOT NULL)",
            name=op.f("ck_evaluation_scored_has_result"),
        ),
        sa.CheckConstraint("attempt <= 3", name=op.f("ck_evaluation_attempt")),
        _refers("evaluation", "submission_id", "submission"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint(
            "submission_id",
            "scoring",
            "truth_version",
            name=op.f("uq_evaluation_submission_id_scoring_truth_version"),
        ),
    )
    op.create_index("ix_evaluation_state", "evaluation", ["state", "lease_expires_at"])


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def _lease() -> tuple[sa.Column[Any], ...]:
    """Return the columns of everything that a worker claims."""
    return (
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(32), comment="fences stale workers"),
        sa.Column("lease_expires_at", UtcDateTime()),
        sa.Column("not_before", UtcDateTime(), comment="not claimable earlier"),
        sa.Column("hinted_at", UtcDateTime(), comment="last message sent about the row"),
    )

"""Uploads, submissions and evaluations."""

import sqlalchemy as sa
from alembic import op

from webapp.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, referred ones first."""
    _create_upload()
    _create_submission()
    _create_evaluation()


def _create_upload() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=120), nullable=False, comment="for display only"),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True, comment="bytes"),
        sa.Column(
            "state",
            _one_of("uploadstate", "open", "complete", "checking", "checked", "expired"),
            nullable=False,
        ),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True, comment="of the check"),
        sa.Column("case_list_id", sa.Integer(), nullable=True, comment="checked against"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "lease_token", sa.String(length=32), nullable=True, comment="fences stale workers"
        ),
        sa.Column("lease_expires_at", UtcDateTime(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True, comment="not claimable earlier"),
        sa.Column(
            "hinted_at", UtcDateTime(), nullable=True, comment="last message sent about the row"
        ),
        sa.CheckConstraint("attempt <= 3", name=op.f("ck_upload_attempt")),
        sa.ForeignKeyConstraint(
            ["case_list_id"],
            ["case_list.id"],
            name=op.f("fk_upload_case_list_id_case_list"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["phase_id"], ["phase.id"], name=op.f("fk_upload_phase_id_phase"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_upload_team_id_team"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_upload_user_id_user_account"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upload_public_id")),
    )
    op.create_index(op.f("ix_upload_sha256"), "upload", ["sha256"], unique=False)
    op.create_index("ix_upload_state", "upload", ["state", "lease_expires_at"], unique=False)


def _create_submission() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(length=120), nullable=False, comment="for display only"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("method", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column(
            "state",
            _one_of(
                "submissionstate",
                "received",
                "validating",
                "accepted",
                "rejected",
                "quarantined",
                "withdrawn",
            ),
            nullable=False,
        ),
        sa.Column(
            "report",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="problems, notices and warnings of the check",
        ),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("is_baseline", sa.Boolean(), nullable=False),
        sa.Column("is_disqualified", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False, comment="chosen by the team"),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "lease_token", sa.String(length=32), nullable=True, comment="fences stale workers"
        ),
        sa.Column("lease_expires_at", UtcDateTime(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True, comment="not claimable earlier"),
        sa.Column(
            "hinted_at", UtcDateTime(), nullable=True, comment="last message sent about the row"
        ),
        sa.CheckConstraint("attempt <= 3", name=op.f("ck_submission_attempt")),
        sa.ForeignKeyConstraint(
            ["phase_id"],
            ["phase.id"],
            name=op.f("fk_submission_phase_id_phase"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_submission_team_id_team"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["upload.id"],
            name=op.f("fk_submission_upload_id_upload"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_submission_user_id_user_account"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("public_id", name=op.f("uq_submission_public_id")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_submission_upload_id")),
    )
    op.create_index(
        "ix_submission_phase_team",
        "submission",
        ["phase_id", "team_id", "submitted_at"],
        unique=False,
    )
    op.create_index(op.f("ix_submission_sha256"), "submission", ["sha256"], unique=False)
    op.create_index(
        "ix_submission_state", "submission", ["state", "lease_expires_at"], unique=False
    )


def _create_evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("scoring", sa.String(length=12), nullable=False),
        sa.Column("truth_version", sa.String(length=12), nullable=False),
        sa.Column(
            "state",
            _one_of("evaluationstate", "queued", "running", "scored", "failed", "quarantined"),
            nullable=False,
        ),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column(
            "score_reason", sa.String(length=40), nullable=True, comment="why score is undefined"
        ),
        sa.Column("result", sa.Text(), nullable=True, comment="canonical JSON, byte for byte"),
        sa.Column("failure_code", sa.String(length=40), nullable=True),
        sa.Column("slides_done", sa.Integer(), nullable=False),
        sa.Column("slides_total", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True, comment="first claim"),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "lease_token", sa.String(length=32), nullable=True, comment="fences stale workers"
        ),
        sa.Column("lease_expires_at", UtcDateTime(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True, comment="not claimable earlier"),
        sa.Column(
            "hinted_at", UtcDateTime(), nullable=True, comment="last message sent about the row"
        ),
        sa.CheckConstraint(
            "(state = 'scored') = (result IS NOT NULL)",
            name=op.f("ck_evaluation_scored_has_result"),
        ),
        sa.CheckConstraint("attempt <= 3", name=op.f("ck_evaluation_attempt")),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_evaluation_submission_id_submission"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint(
            "submission_id",
            "scoring",
            "truth_version",
            name=op.f("uq_evaluation_submission_id_scoring_truth_version"),
        ),
    )
    op.create_index(
        "ix_evaluation_state", "evaluation", ["state", "lease_expires_at"], unique=False
    )


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)

"""Creates the tables of people, teams, challenges and phases."""

import sqlalchemy as sa
from alembic import op

from webapp.database.engine import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RELEASES = ("open", "aggregate", "ladder", "sealed")


def upgrade() -> None:
    """Create the tables, referred ones first."""
    _create_case_list()
    _create_challenge()
    _create_team()
    _create_user_account()
    _create_api_token()
    _create_membership()
    _create_phase()
    _create_web_session()


def _create_case_list() -> None:
    op.create_table(
        "case_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("truth_version", sa.String(12), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_list")),
        sa.UniqueConstraint("truth_version", name=op.f("uq_case_list_truth_version")),
    )


def _create_challenge() -> None:
    op.create_table(
        "challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        sa.UniqueConstraint("slug", name=op.f("uq_challenge_slug")),
    )


def _create_team() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column(
            "name_skeleton", sa.String(80), nullable=False, comment="look-alike names share it"
        ),
        sa.Column("join_code", sa.String(40), nullable=False),
        sa.Column(
            "is_organisers", sa.Boolean(), nullable=False, comment="never eligible for a rank"
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("join_code", name=op.f("uq_team_join_code")),
        sa.UniqueConstraint("name_skeleton", name=op.f("uq_team_name_skeleton")),
        sa.UniqueConstraint("public_id", name=op.f("uq_team_public_id")),
    )


def _create_user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False, comment="trimmed, casefolded"),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False, comment="argon2id"),
        sa.Column("is_organiser", sa.Boolean(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )


def _create_api_token() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column(
            "hint", sa.String(12), nullable=False, comment="first characters, to tell tokens apart"
        ),
        sa.Column("scopes", sa.String(80), nullable=False, comment="space-separated Scope values"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_api_token_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_token_token_sha256")),
    )


def _create_membership() -> None:
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", _one_of("role", "captain", "member"), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        _refers("membership", "team_id", "team"),
        _refers("membership", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("user_id", name=op.f("uq_membership_user_id")),
    )
    op.create_index(op.f("ix_membership_team_id"), "membership", ["team_id"])


def _create_phase() -> None:
    op.create_table(
        "phase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("kind", _one_of("kind", "lesions", "slides", "staging"), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime()),
        sa.Column("grace_seconds", sa.Integer(), nullable=False),
        sa.Column("quota_limit", sa.Integer(), nullable=False),
        sa.Column("quota_window_days", sa.Integer(), comment="None: for the phase's life"),
        sa.Column("selection", _one_of("selection", "best", "latest", "final"), nullable=False),
        sa.Column(
            "truth_access",
            _one_of("truthaccess", "hidden", "public", "public_after_close"),
            nullable=False,
        ),
        sa.Column("release", _one_of("release", *RELEASES), nullable=False),
        sa.Column("after_close", _one_of("after_close", *RELEASES), nullable=False),
        sa.Column("is_board_public", sa.Boolean(), nullable=False, comment="readable signed out"),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column(
            "scoring", sa.String(12), nullable=False, comment="digest of version and parameters"
        ),
        sa.Column("truth_version", sa.String(12), nullable=False),
        sa.Column("case_list_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "closes_at IS NULL OR closes_at > opens_at", name=op.f("ck_phase_window")
        ),
        sa.CheckConstraint("quota_limit >= 0", name=op.f("ck_phase_quota_limit")),
        _refers("phase", "case_list_id", "case_list"),
        _refers("phase", "challenge_id", "challenge"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phase")),
        sa.UniqueConstraint("slug", name=op.f("uq_phase_slug")),
    )


def _create_web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_web_session_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_web_session_secret_sha256")),
    )


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")

"""Declares all tables of the service, split by noun; plain rows without behaviour."""

from webapp.database.engine import Base
from webapp.database.models.boards import BoardStatistics
from webapp.database.models.challenges import (
    DEFAULT_GRACE_SECONDS,
    DEFAULT_QUOTA_LIMIT,
    CaseListRow,
    Challenge,
    Phase,
    Release,
    Selection,
    TruthAccess,
)
from webapp.database.models.ledger import (
    Audience,
    ChargeKind,
    Event,
    Heartbeat,
    IdempotencyKey,
    QuotaEntry,
    SweepLock,
    TeamPhase,
)
from webapp.database.models.people import ApiToken, Membership, Role, Scope, Team, User, WebSession
from webapp.database.models.work import (
    MAX_ATTEMPTS,
    DecoderAnswer,
    Evaluation,
    EvaluationState,
    Leased,
    Submission,
    SubmissionState,
    Upload,
    UploadState,
)

__all__ = [
    "DEFAULT_GRACE_SECONDS",
    "DEFAULT_QUOTA_LIMIT",
    "MAX_ATTEMPTS",
    "ApiToken",
    "Audience",
    "Base",
    "BoardStatistics",
    "CaseListRow",
    "Challenge",
    "ChargeKind",
    "DecoderAnswer",
    "Evaluation",
    "EvaluationState",
    "Event",
    "Heartbeat",
    "IdempotencyKey",
    "Leased",
    "Membership",
    "Phase",
    "QuotaEntry",
    "Release",
    "Role",
    "Scope",
    "Selection",
    "Submission",
    "SubmissionState",
    "SweepLock",
    "Team",
    "TeamPhase",
    "TruthAccess",
    "Upload",
    "UploadState",
    "User",
    "WebSession",
]

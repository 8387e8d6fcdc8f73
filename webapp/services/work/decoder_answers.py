"""Keeps the confined decoder's answers of a file, so that lost work is not decoded again.

After a worker is killed the next one, and scoring after the check, decode only the rest. Answers
are deleted when the file is scored or refused, and after a day in any case.
"""

import zlib
from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.database.engine import database_now, insert_if_absent, rows_changed
from webapp.database.models import DecoderAnswer

LIFETIME_SECONDS = 86_400.0
"""The lifetime of an unconfirmed upload."""

_COMPRESSION_LEVEL = 1


class DecoderAnswers:
    """Stores the answers of one submitted file, as the evaluator's `AnswerStore`."""

    def __init__(self, session_factory: Callable[[], Session], sha256: str) -> None:
        self._session_factory = session_factory
        self._sha256 = sha256

    def find(self, key: str) -> bytes | None:
        """Return a stored answer, None if there is none."""
        with self._session_factory() as session:
            body = session.scalar(
                select(DecoderAnswer.body).where(
                    DecoderAnswer.sha256 == self._sha256, DecoderAnswer.key == key
                )
            )
        return None if body is None else zlib.decompress(body)

    def keep(self, key: str, answer: bytes) -> None:
        """Store an answer; storing it twice changes nothing."""
        values: dict[str, object] = {
            "sha256": self._sha256,
            "key": key,
            "body": zlib.compress(answer, _COMPRESSION_LEVEL),
        }
        with self._session_factory() as session:
            insert_if_absent(session, DecoderAnswer, values)
            session.commit()


def forget_answers(session: Session, sha256: str) -> None:
    """Delete the answers of a file that will not be read again; the caller commits."""
    session.execute(delete(DecoderAnswer).where(DecoderAnswer.sha256 == sha256))


def forget_old_answers(session: Session) -> int:
    """Delete answers older than a day; return how many."""
    too_old = DecoderAnswer.created_at < database_now(-LIFETIME_SECONDS)
    n_deleted = rows_changed(session, delete(DecoderAnswer).where(too_old))
    session.commit()
    return n_deleted

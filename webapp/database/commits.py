"""Commits, and tells a commit whose answer was lost from a transaction that failed before it."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session


class CommitUnknownError(SQLAlchemyError):
    """A COMMIT failed: it may have been made, if only its answer was lost.

    Parameters
    ----------
    cause : DBAPIError
        What the driver reported.
    """

    def __init__(self, cause: DBAPIError) -> None:
        super().__init__("the answer to a COMMIT was lost")
        self.cause = cause


def commit(session: Session) -> None:
    """Commit what a session holds.

    Raises
    ------
    CommitUnknownError
        If the COMMIT itself failed. Whatever fails before it is raised as it is: then nothing is
        made.
    """
    session.flush()
    try:
        session.commit()
    except DBAPIError as error:
        raise CommitUnknownError(error) from error

"""Runs migrations on the connection that `webapp.database.migrations.upgrade` hands over."""

from alembic import context
from sqlalchemy import Connection

from webapp.database.models import Base


def run(connection: Connection) -> None:
    """Run the revisions inside the caller's transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()


run(context.config.attributes["connection"])

"""Upgrades the database's schema, revision by revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, func, select

from webapp.database.engine import make_engine

FOLDER = Path(__file__).parent

_MIGRATION_LOCK_KEY = 0x43414D45
"""Number of an advisory lock, by which two processes that start at once migrate in turn."""


def upgrade(url_or_engine: str | Engine, revision: str = "head") -> None:
    """Bring a database up to a revision; running it again changes nothing."""
    engine = make_engine(url_or_engine) if isinstance(url_or_engine, str) else url_or_engine
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # SQLite begins under its one write lock
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK_KEY)))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        if isinstance(url_or_engine, str):
            engine.dispose()


def is_current(engine: Engine) -> bool:
    """Tell whether a database has every revision that this code knows."""
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config

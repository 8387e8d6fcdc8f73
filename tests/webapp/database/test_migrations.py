from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.webapp.conftest import Database
from webapp.database.migrations import is_current, upgrade
from webapp.database.models import Base


def test_the_migrated_schema_is_that_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_upgrading_again_changes_nothing(database: Database) -> None:
    upgrade(database.engine)
    upgrade(database.url)

    assert is_current(database.engine)

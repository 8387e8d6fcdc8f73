"""Makes database engines and reads the database's clock, alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, cast

from sqlalchemy import (
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    create_engine,
    event,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement, UpdateBase
from sqlalchemy.types import TypeDecorator

from webapp.database.options import BEST_EFFORT_OPTION, READ_ONLY_OPTION
from webapp.database.patience import Patience, watch_waiting

SQLITE_BUSY_TIMEOUT_MS = 15_000
BEST_EFFORT_WAIT_MS = 50

_CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: timestamptz on PostgreSQL, fixed-width text on SQLite so it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time, since its time zone is unknown."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not a moment; give it a time zone")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables; constraints have names so that migrations can change them."""

    metadata = MetaData(naming_convention=_CONSTRAINT_NAMES)
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012 - SQLAlchemy's own protocol


class database_now(ColumnElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The database's clock when the statement runs, plus an offset in seconds.

    Leases, deadlines and quotas use this clock alone: the clocks of workers and web processes
    can be hours off.
    """

    inherit_cache = False
    type = UtcDateTime()

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = float(offset_seconds)


@compiles(database_now, "postgresql")
def _now_on_postgresql(element: database_now, compiler: SQLCompiler, **kwargs: Any) -> str:
    del compiler, kwargs
    return f"(clock_timestamp() + {element.offset_seconds!r} * interval '1 second')"


@compiles(database_now, "sqlite")
def _now_on_sqlite(element: database_now, compiler: SQLCompiler, **kwargs: Any) -> str:
    del compiler, kwargs
    # %f has three decimals; the padding makes it as wide as SQLAlchemy's own text form.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{element.offset_seconds:+.3f} seconds')"


def read_clock(session: Session) -> datetime:
    """Read the database's clock."""
    return session.scalars(select(database_now())).one()


def insert_if_absent(session: Session, model: type[Base], values: dict[str, object]) -> bool:
    """Insert a row unless a unique constraint has it already; tell whether it was inserted.

    Two transactions that insert the same row at once end with one row and without an error.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(model).values(values).on_conflict_do_nothing().returning(literal(1))
    return session.execute(statement).first() is not None


def rows_changed(session: Session, statement: UpdateBase) -> int:
    """Execute an INSERT, UPDATE or DELETE; return how many rows it changed."""
    # The declared type is the base class of what such a statement returns.
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def enum_by_value(kind: type[StrEnum], name: str | None = None) -> Enum:
    """Return a column type that stores an enum's values as plain text with a check.

    A second column of the same enum in a table names its check.
    """
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name or kind.__name__.lower(),
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


Id = Annotated[int, mapped_column(primary_key=True)]


def make_engine(url: str, *, patience: Patience | None = None, **options: Any) -> Engine:
    """Create an engine; on SQLite with WAL, foreign keys and BEGIN IMMEDIATE.

    SQLite's default deferred transaction loses updates silently when two writers read first
    (743 of 1200 in a trial), so every transaction takes the write lock at once unless its
    connection has the execution option `READ_ONLY_OPTION`. Errors do not repeat a statement's
    values, which would bring addresses, token digests and results into logs.

    With a patience no request waits longer for it; without one PostgreSQL waits for ever, as
    migrations and bulk commands need, and SQLite for `SQLITE_BUSY_TIMEOUT_MS`.
    """
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    if patience is not None:
        watch_waiting(engine, patience)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_prepare_sqlite, _busy_timeout_ms(patience)))
        event.listen(engine, "begin", partial(_begin_sqlite, patience))
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(busy_timeout_ms: int, connection: Any, record: object) -> None:
    del record
    connection.isolation_level = None  # the driver must not begin on its own
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(patience: Patience | None, connection: Any) -> None:
    options = connection.get_execution_options()
    if options.get(READ_ONLY_OPTION, False):
        connection.exec_driver_sql("BEGIN")
        return
    usual_ms = _busy_timeout_ms(patience)
    is_best_effort = options.get(BEST_EFFORT_OPTION, False)
    wait_ms = BEST_EFFORT_WAIT_MS if is_best_effort else _wait_now_ms(patience)
    if wait_ms == usual_ms:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_ms}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:  # the pooled connection stays as patient as it was
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {usual_ms}")


def _busy_timeout_ms(patience: Patience | None) -> int:
    return SQLITE_BUSY_TIMEOUT_MS if patience is None else patience.lock_ms


def _wait_now_ms(patience: Patience | None) -> int:
    return SQLITE_BUSY_TIMEOUT_MS if patience is None else patience.lock_ms_left()


def _begin_postgresql(connection: Any) -> None:
    if connection.get_execution_options().get(BEST_EFFORT_OPTION, False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BEST_EFFORT_WAIT_MS}ms'")

"""The engine: transactions, faults, notifications and the schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import anyio
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, event, make_url, text
from sqlmodel import SQLModel
from structlog.testing import capture_logs

from nextvisit.clock import SystemClock
from nextvisit.sdk.errors import Bug, ConfigError, RetryLater
from nextvisit.store.base.engine import Database, migrate, schema_status
from nextvisit.store.vault.keys import Vault
from tests.postgres import DatabaseUrls

pytestmark = pytest.mark.anyio


async def _count(database: Database) -> int:
    async with database.transaction() as tx:
        return int((await tx.connection.execute(text("SELECT count(*) FROM mis_connection"))).scalar_one())


async def test_a_transaction_commits_at_its_end(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.connection.execute(
            text("INSERT INTO mis_connection (source, pages, resources) VALUES ('a', 0, 0)")
        )
    assert await _count(database) == 1


async def test_an_exception_rolls_everything_back(database: Database) -> None:
    with pytest.raises(LookupError):  # noqa: PT012
        async with database.transaction() as tx:
            await tx.connection.execute(
                text("INSERT INTO mis_connection (source, pages, resources) VALUES ('a', 0, 0)")
            )
            raise LookupError
    assert await _count(database) == 0


async def test_a_broken_constraint_is_a_bug_without_the_values(database: Database) -> None:
    with pytest.raises(Bug) as caught:  # noqa: PT012
        async with database.transaction() as tx:
            for _ in range(2):
                await tx.connection.execute(
                    text("INSERT INTO mis_connection (source, pages, resources) VALUES ('+48601', 0, 0)")
                )
    assert caught.value.code == "store.integrity"
    assert "23505" in str(caught.value)
    assert "mis_connection_pkey" in str(caught.value)
    assert "+48601" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_what_a_role_was_given_for_its_sessions_changes_nothing_that_evidence_leans_on(
    database_urls: DatabaseUrls,
) -> None:
    """Whoever has its password may give it that, and a connection's options may say so too."""
    role, name = make_url(database_urls.app).username, make_url(database_urls.app).database
    options = "options=-c%20synchronous_commit%3Doff%20-c%20statement_timeout%3D77s"
    with psycopg.connect(database_urls.superuser, autocommit=True) as other:
        for setting in (
            "synchronous_commit = off",
            "default_transaction_read_only = on",
            "default_transaction_isolation = 'serializable'",
            "search_path = pg_temp",
            "lock_timeout = '77s'",
        ):
            other.execute(f"ALTER ROLE {role} IN DATABASE {name} SET {setting}")
    mark = "&" if "?" in database_urls.app else "?"
    vault = Vault.from_file(database_urls.vault_file)
    database = await Database.open(f"{database_urls.app}{mark}{options}", vault, SystemClock())
    try:
        async with database.transaction() as tx:
            found = await tx.connection.execute(
                text(
                    "SELECT current_setting('synchronous_commit'), current_setting('transaction_read_only'),"
                    " current_setting('transaction_isolation'), current_setting('search_path'),"
                    " current_setting('lock_timeout'), current_setting('statement_timeout')"
                )
            )
            held = tuple(found.one())
    finally:
        await database.close()
    assert held == ("on", "off", "read committed", "public,pg_temp", "77s", "77s"), "and nothing else"


async def test_a_killed_connection_asks_to_retry(database: Database, database_urls: DatabaseUrls) -> None:
    with pytest.raises(RetryLater) as caught:  # noqa: PT012
        async with database.transaction() as tx:
            pid = (await tx.connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            with psycopg.connect(database_urls.superuser, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
            await tx.connection.execute(text("SELECT 1"))
    assert caught.value.code == "store.unavailable"
    assert await _count(database) == 0


async def test_connections_that_died_in_the_pool_are_replaced_unnoticed(
    database: Database, database_urls: DatabaseUrls
) -> None:
    async with database.transaction() as tx:
        old = (await tx.connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    with psycopg.connect(database_urls.superuser, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [old])
    async with database.transaction() as tx:
        new = (await tx.connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    assert new != old


async def test_a_server_that_closes_each_connection_asks_to_retry(
    database: Database, database_urls: DatabaseUrls
) -> None:
    """Such as one that shuts down: the pool gives up in an error of its own."""

    def end(connection: Any, *_: object) -> None:
        with psycopg.connect(database_urls.superuser, autocommit=True) as other:
            pid = connection.driver_connection.info.backend_pid
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    event.listen(database.engine.sync_engine, "checkout", end, insert=True)
    with pytest.raises(RetryLater) as caught:
        async with database.transaction():
            pass
    assert caught.value.code == "store.unavailable"
    event.remove(database.engine.sync_engine, "checkout", end)
    assert await _count(database) == 0


async def test_a_deadlock_asks_to_retry(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.connection.execute(
            text("INSERT INTO mis_connection (source, pages, resources) VALUES ('a', 0, 0), ('b', 0, 0)")
        )
    touch = text("UPDATE mis_connection SET pages = pages + 1 WHERE source = :source")
    codes: list[str] = []
    both_hold_one = anyio.Event()
    waiting = 0

    async def cross(first: str, second: str) -> None:
        nonlocal waiting
        try:
            async with database.transaction() as tx:
                await tx.connection.execute(touch, {"source": first})
                waiting += 1
                if waiting == 2:
                    both_hold_one.set()
                await both_hold_one.wait()
                await tx.connection.execute(touch, {"source": second})
        except RetryLater as error:
            codes.append(error.code)

    async with anyio.create_task_group() as group:
        group.start_soon(cross, "a", "b")
        group.start_soon(cross, "b", "a")
    assert codes == ["store.contended"]


async def test_a_server_that_is_away_asks_to_retry(database_urls: DatabaseUrls) -> None:
    nowhere = make_url(database_urls.app).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(RetryLater):
        await Database.open(nowhere, Vault.from_file(database_urls.vault_file), SystemClock())


async def test_notifications_arrive_and_survive_a_lost_connection(
    database: Database, database_urls: DatabaseUrls
) -> None:
    notifications = database.notifications("inbox", poll=timedelta(hours=1))
    with anyio.fail_after(240), capture_logs() as logs:
        await anext(notifications)
        async with database.transaction() as tx:
            await tx.connection.execute(text("NOTIFY inbox"))
        await anext(notifications)
        assert logs == [], "it listens, and does not wake by failing"
        with psycopg.connect(database_urls.superuser, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'nextvisit listen'"
            )
        await anext(notifications)
        await anext(notifications)
        async with database.transaction() as tx:
            await tx.connection.execute(text("NOTIFY inbox"))
        await anext(notifications)
        assert [each["event"] for each in logs] == ["store.listen_lost"]
    await notifications.aclose()


async def test_polling_goes_on_without_notifications(database: Database) -> None:
    notifications = database.notifications("inbox", poll=timedelta(milliseconds=20))
    with anyio.fail_after(240):
        for _ in range(3):
            await anext(notifications)
    await notifications.aclose()


async def test_migrations_create_exactly_the_tables(database_urls: DatabaseUrls) -> None:
    engine = create_engine(make_url(database_urls.owner).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


async def test_several_migrations_at_once_do_it_once(database_urls: DatabaseUrls) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(migrate, database_urls.owner)
    status = await schema_status(database_urls.app)
    assert status.current == status.head
    assert not status.newer


async def test_a_newer_schema_is_refused(database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
    with pytest.raises(ConfigError, match="newer"):
        await migrate(database_urls.owner)
    with pytest.raises(ConfigError, match="newer"):
        await Database.open(database_urls.app, Vault.from_file(database_urls.vault_file), SystemClock())


@pytest.mark.parametrize("part", ["username", "password", "database"])
async def test_who_is_not_let_in_is_told_so_and_not_that_nobody_answers(
    part: str, database_urls: DatabaseUrls
) -> None:
    right = make_url(database_urls.app)
    changed = {part: "geheim"}
    dsn = right.set(**changed).render_as_string(hide_password=False)  # type: ignore[arg-type]
    for opening in (schema_status, migrate):
        with pytest.raises(ConfigError, match="does not let") as caught:
            await opening(dsn)
        assert caught.value.code == "store.refused"
        assert ("geheim" in str(caught.value)) is (part != "password")
        assert str(right.password) not in str(caught.value)


@pytest.mark.parametrize(
    "dsn", ["", "hello", "host=localhost dbname=nextvisit", "mysql://root:geheim@localhost/x"]
)
async def test_what_is_no_connection_is_said_to_be_none(dsn: str, database_urls: DatabaseUrls) -> None:
    for opening in (schema_status, migrate):
        with pytest.raises(ConfigError, match="postgresql://user:password@host") as caught:
            await opening(dsn)
        assert "geheim" not in str(caught.value)
    with pytest.raises(ConfigError, match="postgresql://user:password@host"):
        await Database.open(dsn, Vault.from_file(database_urls.vault_file), SystemClock())


async def test_a_database_without_a_schema_says_what_to_run(database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("DELETE FROM alembic_version")
    with pytest.raises(ConfigError, match="nextvisit db migrate"):
        await Database.open(database_urls.app, Vault.from_file(database_urls.vault_file), SystemClock())

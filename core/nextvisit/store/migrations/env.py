"""Alembic's entry: runs in the connection and transaction that `store.schema.migrate` opened."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from nextvisit.store.base import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
assert tables  # noqa: S101  imported so that the metadata is filled
with context.begin_transaction():
    context.run_migrations()

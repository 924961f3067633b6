"""The table in which Alembic keeps the revision of a warehouse."""

import sqlalchemy as sa

from warehouse.home.version import VERSION_TABLE

# DuckLake has no primary keys, so it goes without.
version_table = sa.Table(VERSION_TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), nullable=False))

"""How tables, columns and their types are declared."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, Column, DateTime, MetaData, String, Table

metadata = MetaData()

views_metadata = MetaData()

AnyColumn = Column[Any]

AnyType = sa.types.TypeEngine[Any]

Kind = AnyType | type[AnyType]

Text = String

Timestamp = DateTime(timezone=True)

TextList = ARRAY(String)

NO_ID = "NULL if the account was deleted, or was stored without it by an earlier version"


def table(name: str, comment: str, *columns: AnyColumn, key: tuple[str, ...], guard: str | None = None) -> Table:
    return Table(name, metadata, *columns, comment=comment, info={"key": key, "guard": guard})


def view(name: str, comment: str, sql: str, *columns: AnyColumn, key: tuple[str, ...]) -> Table:
    return Table(name, views_metadata, *columns, comment=comment, info={"key": key, "guard": None, "sql": sql})


def column(name: str, kind: Kind, comment: str) -> AnyColumn:
    return Column(name, kind, comment=comment)


def team_id() -> AnyColumn:
    return column("team_id", Text, "The team: the GitHub login of its owner, in lower case")


def pull_request_id() -> AnyColumn:
    return column("pull_request_id", Text, "Node id of the pull request")

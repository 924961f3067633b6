"""Reads of what stands, what people were told, and what could not be sent."""

import polars as pl

from warehouse.connection import Warehouse

MAX_MESSAGES = 20


def read_problems(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the problems of a team that stand: kind, times and `facts`, oldest first."""
    return warehouse.read(
        "SELECT kind, began_at, last_seen_at, told_at, facts FROM problems "
        "WHERE team_id = ? AND ended_at IS NULL ORDER BY began_at, cause",
        [team_id],
    )


def read_messages(warehouse: Warehouse, team_id: str, limit: int = MAX_MESSAGES) -> pl.DataFrame:
    """Read the newest messages of a team, one row each, without what they say."""
    return warehouse.read(
        "SELECT created_at, kind, channel, address, state, tries, error, sent_at FROM messages "
        "WHERE team_id = ? ORDER BY created_at DESC, kind, channel, address LIMIT ?",
        [team_id, limit],
    )


def read_unsent(warehouse: Warehouse) -> pl.DataFrame:
    """Read how many messages of all teams wait or were given up: one row per `channel` and `state`, with an `error`."""
    return warehouse.read(
        "SELECT channel, state, count(*)::BIGINT AS count, arg_max(error, tried_at) AS error FROM messages "
        "WHERE state <> 'sent' AND (tries > 0 OR state = 'given_up') GROUP BY channel, state ORDER BY channel, state"
    )

"""Whether a team chose to begin without a model."""

from tasks.llm.provider.providers import has_key
from tasks.llm.provider.settings import LlmSettings
from warehouse.connection import Warehouse


def is_without_model(warehouse: Warehouse, team_id: str, settings: LlmSettings) -> bool:
    """Return True if the team chose to begin without a model, and there is still no key for one."""
    if has_key(settings):
        return False
    row = warehouse.read_one("SELECT is_without_model FROM teams WHERE team_id = ?", [team_id])
    return bool(row and row["is_without_model"])

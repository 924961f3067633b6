"""Commands of parts that are switched off: help and completion do not list them."""

import typer
from typer.core import TyperGroup

FLAGS = {"jira": "enable_jira_integration", "keys": "enable_api_keys"}
"""The flag of each command that has one."""


class FlaggedGroup(TyperGroup):
    """A group whose list leaves out what is switched off. Typed out, such a command says how to switch it on."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names that help shows. The flags are read only here, since that takes a while."""
        from warehouse.flags import FeatureFlags

        flags = FeatureFlags()
        return [name for name in super().list_commands(ctx) if name not in FLAGS or getattr(flags, FLAGS[name])]

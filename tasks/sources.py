"""The registry of sources: one entry per outside system that prflow reads from or sends messages to.

From it follow which variables are masked in errors, which the demo does not inherit, the settings in `.env.example`,
and the words for what a run waits for. A new source is one entry in SOURCES here, its check for `prflow doctor` in
`tasks.source_checks`, and its label in `warehouse.sources.LABELS`, which the dashboard reads too.

Imports no client: the command line reads the registry at its start.
"""

from dataclasses import dataclass
from typing import get_args

from pydantic import AliasChoices, SecretStr
from pydantic_settings import BaseSettings

from tasks.github.api.settings import GitHubSettings
from tasks.jira.settings import JiraSettings
from tasks.llm.provider.settings import LlmSettings
from tasks.messages.settings import AppriseSettings, MailSettings, SlackSettings
from warehouse.flags import PREFIX as FLAGS
from warehouse.sources import APPRISE, GITHUB, JIRA, LABELS, MAIL, MODEL, SLACK


@dataclass(frozen=True)
class Source:
    """One outside system. `library_prefixes` begin variables that its client library reads by itself."""

    name: str
    settings: type[BaseSettings]
    library_prefixes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The label as a heading."""
        label = LABELS[self.name]
        return label[:1].upper() + label[1:]

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The environment variables that hold a secret: those of the SecretStr fields."""
        names = find_variables(self.settings)
        fields = self.settings.model_fields
        return tuple(
            variable for name, field in fields.items() if _is_secret(field.annotation) for variable in names[name]
        )

    @property
    def prefixes(self) -> tuple[str, ...]:
        """How its environment variables begin, up to the first underscore: `GITHUB_`."""
        variables = (variable for names in find_variables(self.settings).values() for variable in names)
        own = ("".join(variable.partition("_")[:2]) for variable in variables)
        return tuple(dict.fromkeys([*own, *self.library_prefixes]))


def find_variables(settings: type[BaseSettings]) -> dict[str, tuple[str, ...]]:
    """Return the environment variables of each field, the documented one first.

    Aliases in lower case are names of fields, for use in code.
    """
    prefix = settings.model_config.get("env_prefix", "")
    found = {}
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        aliases = alias.choices if isinstance(alias, AliasChoices) else [alias] if alias is not None else []
        variables = [str(choice) for choice in aliases if not str(choice).islower()] or [prefix + name]
        found[name] = tuple(variable.upper() for variable in variables)
    return found


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or SecretStr in get_args(annotation)


SOURCES: tuple[Source, ...] = (
    Source(GITHUB, GitHubSettings),
    Source(MODEL, LlmSettings, library_prefixes=("OPENAI_",)),
    Source(MAIL, MailSettings),
    Source(SLACK, SlackSettings),
    Source(APPRISE, AppriseSettings),
    Source(JIRA, JiraSettings),
)


def secret_variables() -> tuple[str, ...]:
    """Return the variables of all sources whose values may be shown nowhere."""
    return tuple(variable for source in SOURCES for variable in source.secret_variables)


def variable_prefixes() -> tuple[str, ...]:
    """Return how the variables of all sources begin, and those that switch one on."""
    return tuple(dict.fromkeys([*(prefix for source in SOURCES for prefix in source.prefixes), FLAGS]))

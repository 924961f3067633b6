"""The schema of the model's answer, and the strict validation of an answer.

The schema that is sent has no bounds, since providers differ in which they allow and none enforces them; all
bounds are checked here. A valid answer holds nothing but closed values, a short summary, a quote and known names.
"""

import re
from functools import cache
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tasks.llm.errors import AnswerUnusable
from tasks.llm.prompt.answer_text import find_objects
from tasks.llm.rules.ai_evidence import mentions_ai_tool
from tasks.llm.rules.sanitise import sanitise_line

SCHEMA_VERSION = "2"

WorkType = Literal[
    "feature",
    "bugfix",
    "refactor",
    "performance",
    "docs",
    "test",
    "build_ci",
    "dependency",
    "infra",
    "security",
    "chore",
    "unclear",
]
Level = Literal["low", "medium", "high"]
Risk = Literal["low", "medium", "high", "unclear"]
# Only what a reader can tell and code cannot: size, areas, tests and upgrades are facts of the rules.
RiskReason = Literal[
    "touches_authentication",
    "touches_data",
    "touches_payment",
    "touches_public_interface",
    "touches_concurrency",
    "touches_configuration",
    "touches_cryptography",
]
AiLevel = Literal["authored", "assisted", "mentioned", "none"]

MAX_SUMMARY_LENGTH = 600
MIN_QUOTE_LENGTH = 6
MAX_QUOTE_LENGTH = 200
MAX_REASONS = 4
MAX_TECHNOLOGIES = 6

# Fields of earlier versions of the schema, with the value that says nothing.
RETIRED = {"review_quality": ("not_given",)}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .+#/_-]{0,29}")
_LINK = re.compile(r"\(?\b(?:https?://|www\.)\S+", re.IGNORECASE)
_MARKUP = re.compile(r"[*`#>|~]+|!?\[([^\[\]\n]{0,200})\]\([^)\n]{0,300}\)|</?[a-zA-Z][^<>\n]{0,200}>")
_SPACE = re.compile(r"\s+")


class Answer(BaseModel):
    """One validated answer. `summary` is one line of plain text; names and quotes are not yet grounded.

    `confidence` is that of the work type alone.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    summary: str
    work_type: WorkType
    risk: Risk
    risk_reasons: list[RiskReason]
    ai_level: AiLevel
    ai_evidence: str
    technologies: list[str]
    confidence: Level

    @field_validator("summary")
    @classmethod
    def _check_summary(cls, summary: str) -> str:
        if len(summary) > MAX_SUMMARY_LENGTH:
            raise ValueError("the summary is too long")
        plain = plain_text(summary)
        if not plain:
            raise ValueError("the summary is empty")
        return plain

    @field_validator("risk_reasons")
    @classmethod
    def _limit_reasons(cls, reasons: list[RiskReason]) -> list[RiskReason]:
        return list(dict.fromkeys(reasons))[:MAX_REASONS]

    @field_validator("technologies")
    @classmethod
    def _filter_names(cls, names: list[str]) -> list[str]:
        kept = [name.strip() for name in names if _NAME.fullmatch(name.strip())]
        return list(dict.fromkeys(kept))[:MAX_TECHNOLOGIES]

    def grounded_in(self, text: str) -> "Answer":
        """Return the answer without what the text does not support: invented quotes and unnamed technologies."""
        quote = _quote_in(self.ai_evidence, text) if self.ai_level != "none" else ""
        named = text.casefold()
        return self.model_copy(
            update={
                "ai_level": self.ai_level if quote else "none",
                "ai_evidence": quote,
                "technologies": [name for name in self.technologies if name.casefold() in named],
            }
        )


class AnswerSchema(BaseModel):
    """The same fields as they are requested: closed values, no bounds."""

    model_config = ConfigDict(extra="forbid")

    summary: str = Field(description="One or two plain sentences: what changes and why")
    work_type: WorkType
    risk: Risk
    risk_reasons: list[RiskReason]
    ai_level: AiLevel
    ai_evidence: str = Field(description="Exact words of the data, or empty")
    technologies: list[str]
    confidence: Level


@cache
def answer_json_schema() -> dict[str, Any]:
    """Return the JSON schema of the answer in the subset that strict modes support: all fields, and only these."""
    schema = AnswerSchema.model_json_schema()
    properties = {name: _without_titles(field) for name, field in schema["properties"].items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def parse_answer(content: str, sent: str) -> Answer:
    """Parse the answer in `content` and ground it in the text that was `sent`.

    It is the only valid object there, whatever surrounds it. Raises AnswerUnusable if there is none, or several.
    """
    valid, problems = [], []
    for found in find_objects(content):
        try:
            valid.append(Answer.model_validate(_without_retired(found)))
        except ValidationError as error:
            problems.append(", ".join(sorted({".".join(map(str, one["loc"][:1])) for one in error.errors()})))
    if len(valid) > 1:
        raise AnswerUnusable(
            "schema_violation", f"the answer holds {len(valid)} objects that match the schema"
        ) from None
    if not valid and problems:
        raise AnswerUnusable("schema_violation", f"the answer does not match the schema: {problems[0]}") from None
    if not valid:
        raise AnswerUnusable("broken_json", "the answer is not JSON") from None
    return valid[0].grounded_in(sent)


def _without_retired(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out fields that earlier versions asked for, if they say nothing: proxies with a memory still give them."""
    return {name: value for name, value in found.items() if value not in RETIRED.get(name, ())}


def plain_text(text: str) -> str:
    """Return the text as one line without markup, links and invisible characters."""
    text = _MARKUP.sub(lambda match: match.group(1) or "", sanitise_line(text))
    return _SPACE.sub(" ", _LINK.sub("", text)).strip()


def _quote_in(quote: str, text: str) -> str:
    """Return the quote if it occurs in the text, white space aside, and mentions an AI tool; else an empty string."""
    wanted = _SPACE.sub(" ", quote).strip()[:MAX_QUOTE_LENGTH]
    if len(wanted) < MIN_QUOTE_LENGTH or not mentions_ai_tool(wanted):
        return ""
    return wanted if wanted.casefold() in _SPACE.sub(" ", text).casefold() else ""


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove the titles that pydantic adds."""
    return {
        name: _without_titles(value) if isinstance(value, dict) else value
        for name, value in schema.items()
        if name != "title"
    }


WORK_TYPES: tuple[str, ...] = get_args(WorkType)

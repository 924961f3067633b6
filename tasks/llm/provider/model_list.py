"""What a provider's list of models says of one: whether a date is set on which it is shut down."""

from datetime import date

from pydantic import BaseModel, ConfigDict, ValidationError


class _Model(BaseModel):
    """One model. OpenAI has `shutdown_date`, OpenRouter `expiration_date`; Groq only says that it is not active."""

    model_config = ConfigDict(extra="ignore")

    id: str
    shutdown_date: str | None = None
    expiration_date: str | None = None
    deprecation_date: str | None = None
    active: bool = True


class _List(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: list[_Model]


def find_shutdown(body: str, model: str) -> str | None:
    """Return the warning that the list calls for, None if it sets no date or does not name the model."""
    try:
        listed = _List.model_validate_json(body).data
    except ValidationError:
        return None
    found = next((one for one in listed if one.id == model), None)
    if found is None:
        return None
    day = _first_date(found)
    if day is not None:
        return f"The provider shuts {model} down on {day:%Y-%m-%d}: set PRFLOW_LLM_MODEL to another one before."
    return None if found.active else f"The provider lists {model} as no longer active: set PRFLOW_LLM_MODEL to another."


def _first_date(model: _Model) -> date | None:
    """Return the first of the dates that is one; a time after it does not matter."""
    for text in (model.shutdown_date, model.expiration_date, model.deprecation_date):
        try:
            return date.fromisoformat((text or "")[:10])
        except ValueError:
            continue
    return None

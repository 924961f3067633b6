"""The outside systems that prflow reads from and writes to, as far as readers of the warehouse need to know them."""

from datetime import timedelta

GITHUB, MODEL = "github", "llm"
MAIL, SLACK, APPRISE = "mail", "slack", "apprise"
JIRA = "jira"
# In the column `waiting_for` only: the model does not respond, though it did before.
MODEL_AWAY = "llm_away"

LABELS = {
    GITHUB: "GitHub",
    MODEL: "the language model",
    MAIL: "the mail server",
    SLACK: "Slack",
    APPRISE: "Apprise",
    JIRA: "Jira",
}
"""The words for each source, by its name: as in the column `waiting_for`, and of the registry in `tasks/sources.py`."""

# A token that expires sooner than this is warned of, at the start of a sync and on the dashboard.
TOKEN_EXPIRY_WARNING = timedelta(days=7)


def describe_wait(source: str | None) -> str:
    """Return the words for what a run waits for: `GitHub's rate limit`."""
    if source == MODEL_AWAY:
        return f"{LABELS[MODEL]}, which does not respond,"
    label = LABELS.get(source or "")
    return f"{label}'s rate limit" if label else "a rate limit"

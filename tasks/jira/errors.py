"""What can go wrong with Jira.

PrflowError
└── JiraError             Jira could not be read; the pull requests are not concerned
    ├── JiraRefused       the token, or what it may see: nothing changes until a person does something
    ├── JiraUnavailable   no response, or only errors: the next run tries again
    └── JiraBusy          its rate limit, for longer than a run waits
"""

from warehouse.errors import PrflowError


class JiraError(PrflowError):
    """Jira could not be read. No message holds a token."""


class JiraRefused(JiraError):
    """Jira does not accept the token, or the address is not that of a Jira."""

    hint = "Check the settings PRFLOW_JIRA_...; `prflow jira check` tries them."


class JiraUnavailable(JiraError):
    """Jira does not respond, or responds with errors only."""

    hint = "Nothing is lost: the next run reads what is missing. `prflow jira check` tries it now."


class JiraBusy(JiraUnavailable):
    """Jira's rate limit lasts longer than a run waits."""


class BadBatch(JiraError):
    """Jira refuses a request as it is (status 400): one of its keys, or how many there are."""

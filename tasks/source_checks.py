"""The check of each source for `prflow doctor`, by the source's name."""

from collections.abc import Callable, Iterator

from tasks.checks import Check, CheckContext
from tasks.github.access.doctor import check_github
from tasks.jira.doctor import check_jira
from tasks.llm.provider.doctor import check_key
from tasks.messages.doctor import check_apprise, check_mail, check_slack
from warehouse.sources import APPRISE, GITHUB, JIRA, MAIL, MODEL, SLACK

SOURCE_CHECKS: dict[str, Callable[[CheckContext], Iterator[Check]]] = {
    GITHUB: check_github,
    MODEL: check_key,
    MAIL: check_mail,
    SLACK: check_slack,
    APPRISE: check_apprise,
    JIRA: check_jira,
}

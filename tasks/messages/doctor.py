"""The checks of the channels for `prflow doctor`. None of them sends a message."""

from collections.abc import Iterator

from tasks.checks import Check, CheckContext
from tasks.messages.addresses import APPRISE, MAIL, SLACK, WEBHOOK, open_channels
from tasks.messages.channel import NotSent
from tasks.messages.settings import SlackSettings
from tasks.messages.time_limit import limit_time
from warehouse.flags import FeatureFlags

NOBODY = "Nobody is told of failures: no channel is set."
NOBODY_HINT = "See docs/notifications.md; then try it with `prflow notify test`."


def check_mail(context: CheckContext) -> Iterator[Check]:
    """Log in at the mail server; a note if there is neither mail nor any other channel."""
    if not open_channels():
        yield Check("messages", "note", NOBODY, NOBODY_HINT)
    yield from _check("mail", (MAIL,))


def check_slack(context: CheckContext) -> Iterator[Check]:
    """Ask Slack whose token it is, and look at the webhook's address."""
    given = SlackSettings()
    if (given.bot_token or given.webhook_url) and not FeatureFlags().enable_slack_integration:
        hint = "Set ENABLE_SLACK_INTEGRATION=true to send them."
        yield Check("slack", "note", "Slack is set, and no messages go to it.", hint)
    yield from _check("slack", (SLACK, WEBHOOK))


def check_apprise(context: CheckContext) -> Iterator[Check]:
    """Read the addresses of Apprise."""
    yield from _check("apprise", (APPRISE,))


def _check(name: str, kinds: tuple[str, ...]) -> Iterator[Check]:
    for kind, channel in limit_time(open_channels()).items():
        if kind in kinds:
            try:
                yield Check(name, "ok", channel.check())
            except NotSent as error:
                yield Check(name, "fault", str(error), error.hint)

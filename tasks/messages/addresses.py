"""The channels that are set, and the addresses that a team's messages go to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import getaddresses, parseaddr

from tasks.messages.channel import Channel
from tasks.messages.mail import Mail
from tasks.messages.settings import AppriseSettings, MailSettings, SlackSettings
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.events.outbox import Address, FindAddresses
from warehouse.flags import FeatureFlags
from warehouse.store import Delete, Merge, commit

MAIL, SLACK, WEBHOOK, APPRISE = "mail", "slack", "webhook", "apprise"
OWN = (MAIL, SLACK)
"""The channels of which a team may have addresses of its own."""
MAX_LENGTH = 254


def open_channels() -> dict[str, Channel]:
    """Return the channels that are set, by name. Nothing is connected yet."""
    mail, other = MailSettings(), AppriseSettings()
    channels: list[Channel] = [Mail(mail)] if mail.host else []
    channels += _open_slack()
    if other.addresses:
        from tasks.messages.other import Other  # imported where it is used: Apprise takes a while

        channels.append(Other(other))
    return {channel.name: channel for channel in channels}


def _open_slack() -> list[Channel]:
    slack = SlackSettings()
    if not FeatureFlags().enable_slack_integration or not (slack.bot_token or slack.webhook_url):
        return []
    from tasks.messages.slack import SlackBot, SlackWebhook

    bot: list[Channel] = [SlackBot(slack)] if slack.bot_token.get_secret_value() else []
    webhook: list[Channel] = [SlackWebhook(slack)] if slack.webhook_url.get_secret_value() else []
    return bot + webhook


def address_book(warehouse: Warehouse) -> FindAddresses:
    """Return what finds the addresses of a team: its own, else those of the settings, of each channel that is set."""
    channels = set(open_channels())
    own: dict[str, dict[str, list[str]]] = {}
    for team_id, channel, address in read_recipients(warehouse):
        own.setdefault(team_id, {}).setdefault(channel, []).append(address)
    shared = [
        Address(WEBHOOK),
        *(Address(APPRISE, str(place + 1)) for place in range(len(AppriseSettings().addresses))),
    ]
    defaults = {MAIL: split_addresses(MailSettings().to), SLACK: SlackSettings().channel.split()}

    def find(team_id: str) -> list[Address]:
        chosen = defaults | own.get(team_id, {})
        found = [Address(name, each) for name in OWN if name in channels for each in chosen[name]]
        return found + [one for one in shared if one.channel in channels]

    return find


def split_addresses(text: str) -> list[str]:
    """Return the mail addresses of a list with commas, each as its owner wrote it."""
    return [address for _, address in getaddresses([text]) if "@" in address]


def read_recipients(warehouse: Warehouse, team_id: str | None = None) -> list[tuple[str, str, str]]:
    """Return team, channel and address of every address that a team has of its own."""
    sql = "SELECT team_id, channel, address FROM recipients WHERE ? IS NULL OR team_id = ? ORDER BY ALL"
    return [
        (str(team), str(channel), str(address)) for team, channel, address in warehouse.read(sql, [team_id] * 2).rows()
    ]


def check_address(channel: str, address: str) -> str:
    """Return the address as it is stored; raise BadArgument for one that cannot be."""
    address = address.strip()
    if channel not in OWN:
        raise BadArgument(f"A team has no addresses of its own for {channel}.", f"Use one of: {', '.join(OWN)}.")
    is_mail = parseaddr(address)[1] == address and address.count("@") == 1 and not address.startswith("@")
    is_good = is_mail and not address.endswith("@") if channel == MAIL else address.strip("#") != ""
    if not is_good or len(address) > MAX_LENGTH or not address.isprintable() or " " in address:
        example = "lead@example.com" if channel == MAIL else "#engineering"
        raise BadArgument(f"“{address[:MAX_LENGTH]}” is no address for {channel}.", f"For example: {example}")
    return address


def add_recipient(warehouse: Warehouse, team_id: str, channel: str, address: str, now: datetime) -> None:
    """Add an address of a team, once however often it is added."""
    row = {"team_id": team_id, "channel": channel, "address": address, "added_at": now}
    commit(warehouse, Merge(schema.recipients, schema.frame(schema.recipients, [row])))


def remove_recipient(warehouse: Warehouse, team_id: str, channel: str, address: str) -> None:
    """Remove an address of a team; raise BadArgument if the team does not have it."""
    if (team_id, channel, address) not in read_recipients(warehouse, team_id):
        raise BadArgument(f"{team_id} has no address {address} for {channel}.", "`prflow notify list` shows them.")
    commit(warehouse, Delete(schema.recipients, {"team_id": team_id, "channel": channel, "address": address}))


def name_addresses(addresses: Sequence[Address]) -> str:
    """Return addresses in words."""
    return ", ".join(f"{one.channel} {one.address}".strip() for one in addresses) or "nobody"


Channels = Mapping[str, Channel]

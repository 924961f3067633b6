"""Letters arrive by mail, in Slack and by Apprise, and no channel shows its secret when it fails."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.messages.addresses import open_channels, split_addresses
from tasks.messages.channel import Channel, NotSent
from tasks.messages.letter import Item, Letter, Section
from tests.tasks.messages.post_office import HOOK_SECRET, MailBox, Workspace, serving_mail, serving_slack

PASSWORD = "smtp-9Canary7Zq4"
HOSTILE = (
    '<script>alert(1)</script> "x" <!channel> *b* <https://evil.example|ok> \u202e\x1b[31m\r\nBcc: all@example.com'
)
LETTER = Letter(
    f"Failed: {HOSTILE}",
    (f"Why: {HOSTILE}",),
    (Section("Waiting", (Item(f"acme/web#7 {HOSTILE}", "bob: review it", "https://github.com/acme/web/pull/7"),)),),
    ("Open the dashboard", "http://127.0.0.1:8501"),
    "A footer.",
)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no `.env`


def use(monkeypatch: pytest.MonkeyPatch, **settings: object) -> dict[str, Channel]:
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    return open_channels()


def use_mail(monkeypatch: pytest.MonkeyPatch, box: MailBox, **settings: object) -> Channel:
    address = {"PRFLOW_SMTP_HOST": "127.0.0.1", "PRFLOW_SMTP_PORT": box.port, "PRFLOW_SMTP_SECURITY": "none"}
    return use(monkeypatch, **address, PRFLOW_SMTP_FROM="prflow <prflow@example.com>", **settings)["mail"]


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with serving_slack(Workspace()) as workspace:
        yield workspace


def test_without_settings_there_is_no_channel() -> None:
    assert open_channels() == {}


def test_a_mail_has_a_text_and_an_html_part_in_which_nothing_hostile_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_mail(MailBox()) as box:
        channel = use_mail(monkeypatch, box)
        assert "accepts mails without a login" in channel.check()
        channel.send("lead@example.com", LETTER, "id-1")
    [mail] = box.mails
    assert box.raw[0][0] == ["lead@example.com"], "the header in the title adds nobody"
    assert mail["Bcc"] is None
    assert (mail["To"], mail["From"]) == ("lead@example.com", "prflow <prflow@example.com>")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<id-1@example.com>", "auto-generated")
    text, html = (str(mail.get_body((kind,)).get_content()) for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert "acme/web#7 <script>alert(1)</script>" in text
    assert "https://github.com/acme/web/pull/7" in text
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert html.count('href="') == 2
    assert not any(sign in text + html + mail["Subject"] for sign in ("\u202e", "\x1b"))


def test_a_mail_goes_by_starttls_with_a_login_to_a_server_whose_certificate_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving_mail(MailBox("prflow", PASSWORD), tmp_path) as box:
        given = {"PRFLOW_SMTP_SECURITY": "starttls", "PRFLOW_SMTP_USER": "prflow", "PRFLOW_SMTP_PASSWORD": PASSWORD}
        channel = use_mail(monkeypatch, box)
        channel = use(monkeypatch, **given, PRFLOW_SMTP_HOST="localhost")["mail"]
        with pytest.raises(NotSent, match="certificate verify failed"):
            channel.send("lead@example.com", LETTER, "id-1")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        channel.send("lead@example.com", LETTER, "id-1")
        assert "accepts the login prflow" in channel.check()
    assert len(box.mails) == 1


def test_a_login_that_is_refused_shows_no_password_in_any_form(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    encoded = b64encode(f"\0prflow\0{PASSWORD}".encode()).decode()
    said = f"535 5.7.8 AUTH PLAIN {encoded} and {PASSWORD} are wrong"
    with serving_mail(MailBox("prflow", PASSWORD, refuse_login=said), tmp_path) as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        use_mail(monkeypatch, box, PRFLOW_SMTP_USER="prflow", PRFLOW_SMTP_PASSWORD=PASSWORD)
        channel = use(monkeypatch, PRFLOW_SMTP_HOST="localhost", PRFLOW_SMTP_SECURITY="starttls")["mail"]
        with pytest.raises(NotSent) as caught:
            channel.send("lead@example.com", LETTER, "id-1")
    shown = str(caught.getrepr(chain=True)) + str(caught.value) + repr(channel)
    assert "535" in str(caught.value)
    assert PASSWORD not in shown
    assert encoded not in shown
    assert caught.value.is_for_all


def test_a_password_goes_over_no_plain_connection_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "PRFLOW_SMTP_HOST": "mail.example.com",
        "PRFLOW_SMTP_SECURITY": "none",
        "PRFLOW_SMTP_FROM": "a@example.com",
    }
    channel = use(monkeypatch, **given, PRFLOW_SMTP_USER="prflow", PRFLOW_SMTP_PASSWORD=PASSWORD)["mail"]
    with pytest.raises(NotSent, match="unencrypted"):
        channel.send("lead@example.com", LETTER, "id-1")


def test_a_mail_server_that_is_away_or_refuses_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_mail(MailBox(refuse="550 5.7.1 policy")) as box:
        channel = use_mail(monkeypatch, box)
        with pytest.raises(NotSent, match="550"):
            channel.send("lead@example.com", LETTER, "id-1")
    with pytest.raises(NotSent, match="took no mail") as caught:
        channel.send("lead@example.com", LETTER, "id-1")
    assert caught.value.is_for_all


def test_a_mail_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = use(monkeypatch, PRFLOW_SMTP_HOST="127.0.0.1")["mail"]
    with pytest.raises(NotSent, match="PRFLOW_SMTP_FROM"):
        channel.check()


def test_the_bot_writes_rich_text_in_which_nothing_hostile_is_read(
    monkeypatch: pytest.MonkeyPatch, slack: Workspace
) -> None:
    api = {"PRFLOW_SLACK_API_URL": f"{slack.url}/api/", "PRFLOW_SLACK_BOT_TOKEN": slack.token}
    assert use(monkeypatch, **api) == {}, "off unless it is switched on"
    channel = use(monkeypatch, ENABLE_SLACK_INTEGRATION="true")["slack"]
    assert channel.check() == "Slack knows the bot prflow of Acme."
    channel.send("#engineering", LETTER, "id-1")
    [posted] = slack.posted
    assert posted["channel"] == "#engineering"
    assert "<" not in posted["text"]
    assert [block["type"] for block in posted["blocks"]] == ["rich_text"]
    parts = str(posted["blocks"])
    assert "<script>alert(1)</script>" in parts, "rich text is shown as it is"
    assert "mrkdwn" not in parts
    slack.fault = "channel_not_found"
    with pytest.raises(NotSent, match="channel_not_found") as caught:
        channel.send("#gone", LETTER, "id-2")
    assert not caught.value.is_for_all
    slack.fault = "account_inactive"
    with pytest.raises(NotSent) as caught:
        channel.send("#engineering", LETTER, "id-2")
    assert caught.value.is_for_all
    assert slack.token not in str(caught.getrepr(chain=True))


def test_a_webhook_writes_to_its_channel_and_its_address_is_a_secret(
    monkeypatch: pytest.MonkeyPatch, slack: Workspace
) -> None:
    url = slack.url + slack.hook
    channel = use(monkeypatch, ENABLE_SLACK_INTEGRATION="true", PRFLOW_SLACK_WEBHOOK_URL=url)["webhook"]
    assert HOOK_SECRET not in channel.check()
    channel.send("", LETTER, "id-1")
    assert len(slack.posted) == 1
    slack.fault = "action_prohibited"
    with pytest.raises(NotSent, match="action_prohibited") as caught:
        channel.send("", LETTER, "id-1")
    assert HOOK_SECRET not in str(caught.getrepr(chain=True)) + str(caught.value)


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it
def test_apprise_reaches_whatever_else_and_hides_its_addresses(
    monkeypatch: pytest.MonkeyPatch, slack: Workspace
) -> None:
    slack.hook = f"/other/{HOOK_SECRET}"
    url = slack.url.replace("http", "json") + slack.hook
    channel = use(monkeypatch, PRFLOW_APPRISE_URLS=url)["apprise"]
    assert channel.check().startswith("Messages go to JSON.")
    channel.send("", LETTER, "id-1")
    [posted] = slack.posted
    assert "acme/web#7 <\u200bscript>" in posted["message"]
    slack.fault = "no"
    with pytest.raises(NotSent) as caught:
        channel.send("", LETTER, "id-1")
    assert HOOK_SECRET not in str(caught.getrepr(chain=True)) + str(caught.value)
    with pytest.raises(NotSent, match="Address 1"):
        use(monkeypatch, PRFLOW_APPRISE_URLS="nonsense")["apprise"].check()


def test_a_list_of_addresses_may_have_names() -> None:
    assert split_addresses('"Lead, the" <lead@example.com>, dev@example.com,') == [
        "lead@example.com",
        "dev@example.com",
    ]

"""A server that refuses one message keeps no other from being sent, and an odd one gets no secret and ends nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.messages.channel import Channel, NotSent
from tasks.messages.letter import Letter
from tests.tasks.messages.post_office import MailBox, Workspace, serving_mail, serving_slack
from tests.tasks.messages.test_channels import LETTER, use, use_mail


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no `.env`
    monkeypatch.setenv("ENABLE_SLACK_INTEGRATION", "true")


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with serving_slack(Workspace()) as workspace:
        yield workspace


def bot(monkeypatch: pytest.MonkeyPatch, slack: Workspace) -> Channel:
    given = {"PRFLOW_SLACK_API_URL": f"{slack.url}/api/", "PRFLOW_SLACK_BOT_TOKEN": slack.token}
    return use(monkeypatch, **given)["slack"]


def webhook(monkeypatch: pytest.MonkeyPatch, slack: Workspace) -> Channel:
    return use(monkeypatch, PRFLOW_SLACK_WEBHOOK_URL=slack.url + slack.hook)["webhook"]


def refused(channel: Channel, address: str = "#dev", letter: Letter = LETTER) -> NotSent:
    with pytest.raises(NotSent) as caught:
        channel.send(address, letter, "id-1")
    return caught.value


def test_a_mail_refused_for_its_content_or_its_address_concerns_that_mail_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spam = Letter("acme: GTUBE", ("Spam.",))
    with serving_mail(MailBox(refuse="554 5.7.1 spam", refuse_word="GTUBE")) as box:
        channel = use_mail(monkeypatch, box)
        error = refused(channel, "lead@example.com", spam)
        assert "554" in str(error)
        assert not error.is_for_all
        assert not refused(channel, "löad@example.com").is_for_all
        channel.send("lead@example.com", LETTER, "id-2")
        assert len(box.mails) == 1


def test_a_mail_server_that_closes_or_has_no_starttls_takes_no_mail_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_mail(MailBox(refuse="421 4.3.2 closing")) as box:
        assert refused(use_mail(monkeypatch, box), "lead@example.com").is_for_all
        use_mail(monkeypatch, box)
        assert refused(use(monkeypatch, PRFLOW_SMTP_SECURITY="starttls")["mail"], "lead@example.com").is_for_all


@pytest.mark.parametrize(
    ("code", "is_for_all"),
    [("invalid_blocks", False), ("msg_too_long", False), ("token_expired", True), ("missing_scope", True)],
)
def test_an_error_of_slack_concerns_all_messages_only_if_it_is_about_the_token(
    monkeypatch: pytest.MonkeyPatch, slack: Workspace, code: str, is_for_all: bool
) -> None:
    slack.fault = code
    assert refused(bot(monkeypatch, slack)).is_for_all is is_for_all


@pytest.mark.parametrize("said", ["[]", '"x"', "null", "", "<html>Sign in</html>", '{"ok": 1}', "[" * 100_000])
def test_an_odd_response_is_one_sentence_and_not_taken_for_success(
    monkeypatch: pytest.MonkeyPatch, slack: Workspace, said: str
) -> None:
    slack.said = (200, said, "")
    for channel in (bot(monkeypatch, slack), webhook(monkeypatch, slack)):
        error = refused(channel)
        assert "\n" not in str(error)
        assert error.is_for_all
    with pytest.raises(NotSent):
        bot(monkeypatch, slack).check()


def test_of_a_response_little_is_read(monkeypatch: pytest.MonkeyPatch, slack: Workspace) -> None:
    slack.said = (200, "x" * (2 << 20), "")
    for channel in (bot(monkeypatch, slack), webhook(monkeypatch, slack)):
        assert "too large" in str(refused(channel))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_gets_neither_token_nor_message(
    monkeypatch: pytest.MonkeyPatch, slack: Workspace, status: int
) -> None:
    with serving_slack(Workspace()) as other:
        slack.said = (status, "", f"{other.url}/api/chat.postMessage")
        for channel in (bot(monkeypatch, slack), webhook(monkeypatch, slack)):
            assert str(status) in str(refused(channel))
    assert other.asked == []


def test_a_token_and_a_webhook_go_to_another_machine_by_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"PRFLOW_SLACK_API_URL": "http://slack.invalid/api/", "PRFLOW_SLACK_BOT_TOKEN": "xoxb-1"}
    channels = use(monkeypatch, **given, PRFLOW_SLACK_WEBHOOK_URL="http://slack.invalid/services/T/B/x")
    for channel in channels.values():
        assert "plain http" in str(refused(channel))
        with pytest.raises(NotSent, match="plain http"):
            channel.check()
    for channel in use(monkeypatch, PRFLOW_ALLOW_PLAIN_HTTP="true").values():
        assert "could not be reached" in str(refused(channel))

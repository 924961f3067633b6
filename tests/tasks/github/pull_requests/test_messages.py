"""What is kept of commit messages: headline, trailers, domains; and no address of a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.github.pull_requests.messages import mask_addresses, parse_domain, parse_headline, parse_trailers


@pytest.mark.parametrize(
    ("message", "trailers"),
    [
        ("Fix it", []),
        ("Fix it\n\nSigned-off-by: Ann <ann@acme.test>", ["Signed-off-by: Ann <@acme.test>"]),
        (
            "Fix it\n\nBecause.\n\nCo-authored-by: Bob <1+bob@users.noreply.github.com>\nReviewed-by: Cid\n",
            ["Co-authored-by: Bob <@users.noreply.github.com>", "Reviewed-by: Cid"],
        ),
        (
            "Join (#3)\n\n* one\n\nCo-authored-by: A <a@b.test>\n\n* two\n\nSee: docs",
            ["Co-authored-by: A <@b.test>", "See: docs"],
        ),
        ("Signed-off-by: only a headline <a@b.test>", []),
        ("Fix\n\nA sentence without a token\nRefs: #12", ["Refs: #12"]),
        ("Fix\r\n\r\nRefs: #12\r\n", ["Refs: #12"]),
        ("Fix\n\nRefs: #12\nRefs: #12", ["Refs: #12"]),
        ("Fix\nCo-authored-by: A <a@b.test>", ["Co-authored-by: A <@b.test>"]),
        ("Fix\n\nCo-authored-by:A <a@b.test>", ["Co-authored-by: A <@b.test>"]),
        ("", []),
    ],
)
def test_trailers_are_the_tokens_of_the_last_paragraph_and_co_authors_wherever_they_stand(
    message: str, trailers: list[str]
) -> None:
    assert parse_trailers(message) == trailers


def test_a_message_of_a_thousand_trailers_keeps_fifty() -> None:
    message = "Fix\n\n" + "\n".join(f"Refs: #{number}" for number in range(1000))
    assert len(parse_trailers(message)) == 50


@given(st.text())
def test_no_message_breaks_the_reading_of_its_trailers(message: str) -> None:
    assert all(isinstance(trailer, str) for trailer in parse_trailers(message))


@pytest.mark.parametrize(
    "address",
    [
        "158243242+devin-ai-integration[bot]@users.noreply.github.com",
        "opencode-agent[bot]@users.noreply.github.com",
        "223556219+Copilot@users.noreply.github.com",
        "noreply@anthropic.com",
        "cursoragent@cursor.com",
        "junie@jetbrains.com",
    ],
)
def test_the_address_of_an_app_is_kept_since_it_is_no_persons(address: str) -> None:
    trailer = f"Co-authored-by: X <{address}>"
    assert parse_trailers(f"Fix\n\nBecause.\n\n{trailer}") == [trailer]


def test_a_line_of_a_million_characters_without_an_address_is_read_at_once() -> None:
    """Tried again from within each word it would take hours."""
    line = "Refs: " + "[" * 1_000_000
    assert mask_addresses(line) == line
    assert parse_trailers(f"Fix\n\nBecause.\n\n{line}") == [line[:2000]]
    assert parse_trailers("Fix\n\nRefs:" + " " * 1_000_000 + "#12") == ["Refs: #12"]


@pytest.mark.parametrize("address", ["1234+devin@users.noreply.github.com", "claude@example.org", "junie@example.org"])
def test_a_person_who_is_called_like_an_app_stays_masked(address: str) -> None:
    assert mask_addresses(f"<{address}>") == f"<@{address.partition('@')[2]}>"


def test_marks_of_agents_are_found_between_the_messages_of_a_squash() -> None:
    message = "Join (#3)\n\n* one\n\nAgent-Logs-Url: https://github.com/acme/api/sessions/1\n\n* two\n\nwords"
    assert parse_trailers(message) == ["Agent-Logs-Url: https://github.com/acme/api/sessions/1"]


@given(st.from_regex(r"[a-z0-9._%+-]{1,20}", fullmatch=True), st.from_regex(r"[a-z]{1,10}\.(com|test)", fullmatch=True))
def test_no_local_part_of_an_address_is_left(local: str, domain: str) -> None:
    masked = mask_addresses(f"Co-authored-by: X <{local}@{domain}>")
    assert masked == f"Co-authored-by: X <@{domain}>" or local in {"noreply", "no-reply"}


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ann@Acme.Test", "acme.test"),
        ("a@b@c.test", "c.test"),
        ("nobody", None),
        ("", None),
        (None, None),
        ("x@", None),
    ],
)
def test_of_an_address_only_the_domain_is_kept(email: str | None, domain: str | None) -> None:
    assert parse_domain(email) == domain


def test_the_headline_is_the_first_line() -> None:
    assert parse_headline("  Fix it \n\nmore") == "Fix it"

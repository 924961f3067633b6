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


@given(st.from_regex(r"[a-z0-9._%+-]{1,20}", fullmatch=True), st.from_regex(r"[a-z]{1,10}\.(com|test)", fullmatch=True))
def test_no_local_part_of_an_address_is_left(local: str, domain: str) -> None:
    assert mask_addresses(f"Co-authored-by: X <{local}@{domain}>") == f"Co-authored-by: X <@{domain}>"


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

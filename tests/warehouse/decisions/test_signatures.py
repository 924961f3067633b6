"""A name stands for nobody: not for an address that it looks like, and not for another person of the same name."""

import pytest

from warehouse.decisions.signatures import make_label, owner, sign

ISSUER = "https://id.example.com"


@pytest.mark.parametrize(
    "name", ["ada@example.com", "ada＠example.com", "ada﹫example.com", " ada\u200b@\nexample.com", "ⓐ@b"]
)
def test_a_name_is_never_an_address(name: str) -> None:
    assert "@" not in make_label(name)
    assert owner(sign(name, ISSUER, "1")) != owner(name)
    assert "\n" not in sign(name, ISSUER, "1")


def test_a_person_stays_the_same_under_another_name_and_two_of_one_name_do_not_become_one() -> None:
    ada = sign("Ada", ISSUER, "1")
    assert owner(ada) == owner(sign("Ada Lovelace", ISSUER, "1"))
    others = [sign("Ada", ISSUER, "2"), sign("Ada", "https://other.example", "1"), sign("Ada", f"{ISSUER}1", "")]
    others += [sign(ada, ISSUER, "3"), sign(f"Ada {owner(ada)}", ISSUER, "3"), "Ada", ""]
    assert owner(ada) not in map(owner, others)


def test_an_address_is_its_own_owner_and_a_name_may_be_empty() -> None:
    assert owner("ada@example.com") == "ada@example.com"
    assert sign(" \u200b", ISSUER, "1").startswith("somebody (login-")
    assert len(sign("x" * 500, ISSUER, "1")) < 80

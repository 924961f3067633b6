import pytest

from tasks.jira.keys import Site, Texts, find_keys

SITE = Site("https://acme.atlassian.net", frozenset({"SHOP", "PAY", "SHOP2"}))
UNKNOWN = Site("https://acme.atlassian.net")


def found(site: Site, title: str = "", branch: str = "", body: str = "", *commits: str) -> dict[str, str]:
    return find_keys(Texts(title, branch, body, commits), site)


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("SHOP-12: one page", ["SHOP-12"]),
        ("[SHOP-12] one page (PAY-3)", ["SHOP-12", "PAY-3"]),
        ("SHOP-1/SHOP-2, SHOP2-7", ["SHOP-1", "SHOP-2", "SHOP2-7"]),
        ("see https://acme.atlassian.net/browse/SHOP-9?focusedId=1", ["SHOP-9"]),
        ("https://acme.atlassian.net/jira/boards/1?selectedIssue=PAY-4", ["PAY-4"]),
        ("https://issues.example.org/browse/SHOP-9", []),
        ("https://a\u2100b.example/browse/SHOP-9 SHOP-3", ["SHOP-3"]),
        ("shop-12 in a sentence", []),
        ("WORKSHOP-12, SHOP-012, SHOP-1.2, SHOP-1a, SHOP_-1, SHOP-0", []),
        ("`SHOP-4` in code", []),
        ("UTF-8, SHA-256, ISO-8601, CVE-2024-1234, GPT-4 and KAFKA-7", []),
    ],
)
def test_of_known_projects_their_keys_count_and_nothing_else(title: str, keys: list[str]) -> None:
    assert list(found(SITE, title)) == keys


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("KAFKA-7: one page", ["KAFKA-7"]),
        ("read UTF-8, SHA-256, ISO-8601, RFC-2616, CVE-2024-1234, CVE-2024, GPT-4, X-1, TLS-1.3", []),
        ("kafka-7, A-1, KAFKA-2024-03, KAFKA-1.5", []),
    ],
)
def test_before_the_projects_are_known_names_of_standards_are_no_keys(title: str, keys: list[str]) -> None:
    assert list(found(UNKNOWN, title, branch="feature/kafka-9")) == keys


@pytest.mark.parametrize("branch", ["shop-12-one-page", "feature/SHOP-12", "ana/fix_shop-12_now", "SHOP-12"])
def test_a_branch_names_an_issue_in_letters_of_any_size(branch: str) -> None:
    assert found(SITE, branch=branch) == {"SHOP-12": "branch"}


@pytest.mark.parametrize("branch", ["workshop-12", "shop-12a", "utf-8", "sha-256-sums"])
def test_a_branch_that_only_sounds_like_a_key_names_none(branch: str) -> None:
    assert found(SITE, branch=branch) == {}


def test_in_a_body_only_the_authors_own_lines_count() -> None:
    body = """Closes SHOP-1.

> as SHOP-2 said

```
SHOP-3
```
<!-- for example SHOP-4 -->
In `SHOP-5` and [the story](https://acme.atlassian.net/browse/SHOP-6).
- [ ] SHOP-7
"""
    assert found(SITE, body=body) == dict.fromkeys(["SHOP-1", "SHOP-6", "SHOP-7"], "body")


def test_the_most_certain_place_comes_first() -> None:
    keys = found(SITE, "PAY-1 pays", "shop-2-x", "PAY-1, SHOP-2 and SHOP-3", "SHOP-4: do it", "Refs: SHOP-3")
    assert keys == {"PAY-1": "title", "SHOP-2": "branch", "SHOP-3": "body", "SHOP-4": "commit"}


def test_a_merge_commit_names_branches_of_other_pull_requests() -> None:
    commits = ("Merge branch 'SHOP-1-x' into main", "Merge pull request #3 from acme/SHOP-2")
    assert found(SITE, "", "", "", *commits) == {}


def test_release_notes_do_not_count_for_hundreds_of_issues() -> None:
    assert len(found(SITE, body="\n".join(f"- SHOP-{n}" for n in range(1, 300)))) == 20

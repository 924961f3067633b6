"""Names as Prefect allows them."""

import pytest

from tasks.github.access.credentials import block_name
from tasks.names import slug


@pytest.mark.parametrize(
    ("text", "expected"), [("acme", "acme"), ("Acme.Corp", "acme-corp"), ("ann_acme", "ann--acme"), ("-x-", "x")]
)
def test_artifact_keys_and_block_names_are_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected
    assert block_name(text) == f"github-token-{expected}"

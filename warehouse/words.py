"""English for counts, as every message and page says them."""


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: `1 pull request`, `1,204 pull requests`, `2 repositories`, `3 days`."""
    if count == 1:
        return f"1 {noun}"
    has_consonant_before_y = noun.endswith("y") and noun[-2] not in "aeiou"
    return f"{count:,} {noun[:-1]}ies" if has_consonant_before_y else f"{count:,} {noun}s"

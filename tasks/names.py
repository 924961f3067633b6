"""Names as Prefect allows them."""


def slug(text: str) -> str:
    """Return the text as keys of artifacts and names of blocks allow it: lower case, digits, dashes."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower()).strip("-")

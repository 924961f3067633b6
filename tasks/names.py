"""Names as Prefect allows them."""


def slug(text: str) -> str:
    """Return the text as keys of artifacts and names of blocks allow it: lower case, digits, dashes.

    Two logins never become one: `a_b`, as GitHub names managed users, is `a--b`, which no login can be.
    """
    spelled = text.lower().replace("_", "--")
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in spelled).strip("-")

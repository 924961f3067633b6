"""The address of a PostgreSQL catalog: a libpq connection string, and which parts of it are secret.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING describes both of its forms.
"""

import re
from urllib.parse import unquote

CATALOG_SECRET = "prflow_catalog"  # noqa: S105  the name of one

# `keyword = value`; a value with blanks stands between apostrophes, a backslash escapes the next character.
_PAIR = r"\s*(\w+)\s*=\s*('(?:\\.|[^'\\])*'|(?:\\.|[^\s'\\])(?:\\.|[^\s\\])*|)(?=\s|$)"
_PAIRS = re.compile(rf"(?:{_PAIR})*\s*", re.DOTALL)
_URL = re.compile(r"postgres(?:ql)?://(?:([^:@/?#]*)(?::([^@/?#]*))?@)?[^@/?#\s]*(?:/[^@?#]*)?(?:\?([^@#]*))?")
_SECRET = frozenset({"password", "sslpassword", "oauth_client_secret"})


def connection_string(catalog: str) -> str:
    """Return what libpq is given: what follows `postgres:`, or the whole of a postgres:// or postgresql:// URL."""
    return catalog if re.match(r"postgres(?:ql)?://", catalog) else catalog.partition(":")[2]


def is_well_formed(address: str) -> bool:
    """Return whether libpq can read the address.

    It quotes a part of any other in its error, and with a badly quoted password that part is the password's.
    """
    return bool((_URL if _is_url(address) else _PAIRS).fullmatch(address))


def find_passwords(address: str) -> list[str]:
    """Return the passwords in a well-formed address, as written and as they are."""
    return [text for password in _written(address) for text in (password, _plain(address, password)) if text]


def _is_url(address: str) -> bool:
    return "://" in address.partition("=")[0]


def _written(address: str) -> list[str]:
    if not _is_url(address):
        return [value for name, value in re.findall(_PAIR, address, re.DOTALL) if name in _SECRET]
    if (found := _URL.fullmatch(address)) is None:
        return []
    pairs = [pair.partition("=") for pair in (found[3] or "").split("&")]
    return [found[2] or "", *(value for name, _, value in pairs if name in _SECRET)]


def _plain(address: str, written: str) -> str:
    if _is_url(address):
        return unquote(written)
    quoted = written.startswith("'") and written.endswith("'") and len(written) > 1
    return re.sub(r"\\(.)", r"\1", written[1:-1] if quoted else written, flags=re.DOTALL)

"""Keep passwords and keys out of the text of errors: DuckDB and its drivers quote addresses, servers quote requests."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

ENVIRONMENT = ("PGPASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables that DuckDB's drivers read by themselves and whose values are secret."""

MASK = "<secret>"
CATALOG = "<catalog>"
# A shorter one would take parts out of ordinary words.
MIN_LENGTH = 4

_VALUE = r"""(''[^']+''|'(?:\\.|''|[^'\\])*'|[^\s&;,"']+)"""
_QUOTED_BY_LIBPQ = r'missing "=" after|invalid connection option|invalid URI query parameter:|encoded token:'
_PATTERNS = (
    # DuckDB quotes what it connected with; what it says after that is enough.
    (re.compile(r'Unable to connect to Postgres at "[^"]*"'), "Unable to connect to PostgreSQL"),
    (re.compile(rf"(\w*passw(?:or)?d)(\s*=\s*){_VALUE}", re.IGNORECASE), rf"\1\2{MASK}"),
    (re.compile(r"""(\w://)[^\s/@:"']*:[^\s/@"']*@"""), rf"\1{MASK}@"),
    # The signature of a request to S3 stays valid for some minutes.
    (re.compile(r"(\bX-Amz-Signature=|\bSignature=)[0-9a-f]{16,}", re.IGNORECASE), rf"\1{MASK}"),
    # The token of a role, which no variable holds.
    (re.compile(r"""(x-amz-security-token['"]?\s*[:=]\s*['"]?)[^\s&;,"']+""", re.IGNORECASE), rf"\1{MASK}"),
    # Of an address that it cannot read, libpq quotes a part.
    (re.compile(rf'({_QUOTED_BY_LIBPQ}) "[^"]*"'), rf"\1 {MASK}"),
)


@dataclass(frozen=True)
class Masking:
    """What must not be shown: `address` of the catalog, and passwords and keys."""

    address: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def mask(self, text: str) -> str:
        """Return the text without any of them, and without what looks like a password."""
        for value in _forms([self.address]) if self.address else ():
            text = text.replace(value, CATALOG)
        for value in sorted(_forms(self.secrets), key=len, reverse=True):
            text = text.replace(value, MASK)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def mask_error(self, error: BaseException) -> None:
        """Mask the texts of an error and of those that led to it, in place, so that it keeps its type and trace."""
        for one in _chain(error):
            one.args = tuple(self.mask(each) if isinstance(each, str) else each for each in one.args)
            texts = {name: value for name, value in vars(one).items() if isinstance(value, str)}
            vars(one).update({name: self.mask(value) for name, value in texts.items()})


def masking(address: str = "", passwords: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> Masking:
    """Return what to mask: these passwords, and what the drivers read from the environment."""
    return Masking(address, (*passwords, *(environment.get(name, "") for name in ENVIRONMENT)))


def _forms(secrets: Iterable[str]) -> set[str]:
    """Return each secret as it may stand in a text: as it is, in SQL, in a connection string, in a URL."""
    plain = {secret for secret in secrets if len(secret) >= MIN_LENGTH}
    escaped = {re.sub(r"([\\'])", r"\\\1", secret) for secret in plain}
    return plain | escaped | {one.replace("'", "''") for one in plain | escaped} | {quote(one, "") for one in plain}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, what caused it and what it was raised from, each once."""
    found: dict[int, BaseException] = {}
    ahead: list[BaseException | None] = [error]
    while ahead:
        one = ahead.pop()
        if one is not None and id(one) not in found:
            found[id(one)] = one
            driver = getattr(one, "orig", None)  # SQLAlchemy's wrap the driver's
            ahead += [one.__cause__, one.__context__, driver if isinstance(driver, BaseException) else None]
    yield from found.values()

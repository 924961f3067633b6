"""The tokens of `prflow login`, in one file in prflow's home that only its owner may read.

It is stored beside Prefect's own database and encryption key, so encrypting it would protect no more than the
folder's permissions do: docs/adr/0009-tokens.md.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import SecretStr

from warehouse.errors import PrflowError

FILE = "github-logins.json"
ONLY_OWNER = 0o600


class LoginUnreadable(PrflowError):
    """The file exists but cannot be read."""

    hint = "Run `prflow logout` and `prflow login` again."


@dataclass(frozen=True)
class Login:
    """A token and its user. `token` is not shown when this is printed."""

    token: SecretStr
    login: str
    scopes: str
    saved_at: str


@dataclass(frozen=True)
class Logins:
    """The file in a home. Names are those of Prefect's blocks: `github-token`, or `github-token-<team>`."""

    home: Path

    @property
    def path(self) -> Path:
        return self.home / FILE

    def read(self, name: str) -> Login | None:
        entry = self._read_all().get(name)
        if entry is None:
            return None
        return Login(SecretStr(entry["token"]), entry["login"], entry["scopes"], entry["saved_at"])

    def names(self) -> list[str]:
        return sorted(self._read_all())

    def save(self, name: str, login: Login) -> None:
        plain = asdict(login) | {"token": login.token.get_secret_value()}
        self._write(self._read_all() | {name: plain})

    def delete(self, name: str) -> bool:
        """Delete a login; return False if there was none."""
        entries = self._read_all()
        if entries.pop(name, None) is None:
            return False
        if entries:
            self._write(entries)
        else:
            self.path.unlink()
        return True

    def _read_all(self) -> dict[str, dict[str, str]]:
        fault: str
        try:
            entries: dict[str, dict[str, str]] = json.loads(self.path.read_text())
            return entries
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            fault = type(error).__name__  # not the error itself, which may quote the file
        raise LoginUnreadable(f"The logins in {self.path} cannot be read ({fault})")

    def _write(self, entries: dict[str, dict[str, str]]) -> None:
        """Write the file so that it never has wider permissions and is never incomplete."""
        self.home.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OWNER), "w") as file:
            json.dump(entries, file)
        draft.replace(self.path)

"""What prflow last set on a Prefect server, so that it changes only what prefect.yaml has changed since."""

import hashlib
import json
from dataclasses import dataclass, field

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import VariableCreate, VariableUpdate

VARIABLE = "prflow_setup"
DIGITS = 12


@dataclass
class SetupRecord:
    """A hash of each value that was set, by its key: `nightly.description`. It is kept in a variable of the server."""

    hashes: dict[str, str] = field(default_factory=dict)
    stored: dict[str, str] | None = None

    @classmethod
    def read(cls, client: SyncPrefectClient) -> "SetupRecord":
        """Read the record; it is empty on a server that prflow has not set up yet."""
        variable = client.read_variable_by_name(VARIABLE)
        stored = dict(variable.value) if variable and isinstance(variable.value, dict) else None
        return cls(dict(stored or {}), stored)

    def is_new(self, key: str) -> bool:
        """Return whether this was never set."""
        return key not in self.hashes

    def is_as_set(self, key: str, value: object) -> bool:
        """Return whether the server still has the value that was last set: if not, a person has changed it."""
        return self.hashes.get(key) == _hash(value)

    def note(self, key: str, value: object) -> bool:
        """Note what prefect.yaml says now; return whether that differs from what was last set.

        What was never noted does not differ: it was there before prflow kept this record, and may be a person's.
        """
        before = self.hashes.get(key)
        self.hashes[key] = _hash(value)
        return before is not None and before != self.hashes[key]

    def forget(self, key: str, value: object) -> bool:
        """Forget what prefect.yaml no longer sets; return whether the server still has the value that was set."""
        return self.hashes.pop(key, None) == _hash(value)

    def write(self, client: SyncPrefectClient) -> None:
        """Store the record if it has changed."""
        if self.stored is None:
            client.create_variable(VariableCreate(name=VARIABLE, value=self.hashes))
        elif self.hashes != self.stored:
            client.update_variable(VariableUpdate(name=VARIABLE, value=self.hashes))


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:DIGITS]

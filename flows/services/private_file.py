"""Files of the home that only its owner may read, never with wider permissions and never incomplete."""

import os
import secrets
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Write the file in place of an earlier one of that name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    draft.replace(file)


def keep_secret(file: Path) -> str:
    """Return the secret in the file, made once: what was signed or set up with it stays valid."""
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32))
    return file.read_text(encoding="utf-8").strip()

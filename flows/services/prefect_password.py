"""The password of prflow's own Prefect server.

Without one, a page of any origin in the user's browser, or any other account of the machine, could start a run with a
command of its own. Each start makes a new password; a file in the home, which only its owner may read, gives it to
the other shells of the same person. A password that the person has set counts instead.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dashboard.reading.settings import PREFECT_PASSWORD_FILE
from flows.services.private_file import write_private
from flows.services.state import Services

USER = "prflow"
VARIABLES = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING")


def make_password(home: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return the credentials as `user:password`, and write them where `read_password` finds them."""
    given = next((value for name in VARIABLES if (value := environment.get(name, ""))), "")
    password = given or f"{USER}:{secrets.token_urlsafe(24)}"
    write_private(home / PREFECT_PASSWORD_FILE, password)
    return password


def read_password(home: Path) -> str:
    """Return `user:password` of the own server that runs on `home`; empty if none does."""
    try:
        return (home / PREFECT_PASSWORD_FILE).read_text().strip()
    except OSError:
        return ""


def forget_password(home: Path) -> None:
    """Remove the file: its server is gone, or another one is used."""
    (home / PREFECT_PASSWORD_FILE).unlink(missing_ok=True)


def use_prefect_of(services: Services) -> None:
    """Let this process speak to the Prefect server of `services`: its own password, and no key meant for another."""
    os.environ["PREFECT_API_URL"] = services.prefect_api_url
    if password := read_password(Path(services.home)):
        os.environ["PREFECT_API_AUTH_STRING"] = password
        os.environ.pop("PREFECT_API_KEY", None)

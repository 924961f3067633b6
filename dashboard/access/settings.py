"""Settings of the login, and whether they can be used: all of them or none."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from dashboard.access.allow_list import read_allow_list
from dashboard.access.rule import ClaimNames, Grant
from warehouse.errors import NotConfigured
from warehouse.guard.loopback import is_exposed, is_loopback
from warehouse.settings import Settings

CALLBACK = "/oauth2callback"
LIST_FILE = "access.toml"
GUIDE = "See docs/access.md."
MIN_COOKIE_SECRET = 32


class LoginSettings(Settings):
    """How people log in to the dashboard: by OpenID Connect; empty for no login, on this machine only."""

    model_config = SettingsConfigDict(
        env_prefix="PRFLOW_LOGIN_", env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    metadata_url: str = Field(
        "", description="Address of the provider's metadata, ending in /.well-known/openid-configuration"
    )
    client_id: str = Field("", description="Client ID that the provider gave to prflow")
    client_secret: SecretStr = Field(SecretStr(""), description="Client secret that the provider gave to prflow")
    cookie_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret of 32 characters or more that signs the cookies of logins; empty for one that "
        "`prflow up` makes and keeps in its home",
    )
    redirect_url: str = Field(
        "",
        description="Address to which the provider sends people back, ending in /oauth2callback; empty for that of "
        "PRFLOW_DASHBOARD_URL, or of this machine",
    )
    access_file: str = Field("", description="File that lists who may log in; empty for access.toml in the home")
    scopes: str = Field("openid email profile", description="Scopes that the provider is asked for")
    prompt: str = Field("select_account", description="What the provider shows at a login, for example login")
    groups_claim: str = Field("groups", description="Claim that holds the groups of a person")
    verified_claim: str = Field("email_verified", description="Claim that says whether the e-mail address is verified")
    github_claim: str = Field(
        "",
        description="Claim that holds people's GitHub login, to show what waits for them; empty to let them choose",
    )
    max_hours: int = Field(12, ge=1, le=720, description="Hours after which people log in again")
    contact: str = Field("", description="Whom to ask for access, as the page says it to who is not on the list")

    @property
    def is_on(self) -> bool:
        """Return whether any setting says that people log in; `check` says whether the login can work."""
        others = (self.cookie_secret.get_secret_value(), self.redirect_url, self.access_file)
        return any(self._given().values()) or any(value.strip() for value in others)

    @property
    def claims(self) -> ClaimNames:
        return ClaimNames(self.verified_claim, self.groups_claim)

    def file(self, home: Path) -> Path:
        """Return the file that lists who may log in."""
        return Path(self.access_file) if self.access_file else home / LIST_FILE

    def callback(self, dashboard_url: str) -> str:
        """Return the address to which the provider sends people back; `dashboard_url` is where they open pages."""
        return self.redirect_url.strip() or dashboard_url.rstrip("/") + CALLBACK

    def _given(self) -> dict[str, bool]:
        values = {
            "METADATA_URL": self.metadata_url,
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRET": self.client_secret.get_secret_value(),
        }
        return {f"PRFLOW_LOGIN_{name}": bool(value.strip()) for name, value in values.items()}

    def check(self, dashboard_url: str, hosts: list[str]) -> None:
        """Raise NotConfigured if the login cannot work; `hosts` are the names that the dashboard answers to."""
        if missing := [name for name, is_given in self._given().items() if not is_given]:
            verb = "is" if len(missing) == 1 else "are"
            raise NotConfigured(f"The login is half configured: {' and '.join(missing)} {verb} missing.", GUIDE)
        _check_address("PRFLOW_LOGIN_METADATA_URL", self.metadata_url.strip())
        secret = self.cookie_secret.get_secret_value()
        if secret and len(secret) < MIN_COOKIE_SECRET:
            raise NotConfigured(
                f"PRFLOW_LOGIN_COOKIE_SECRET is too short: it needs {MIN_COOKIE_SECRET} characters or more.",
                "Leave it empty, and `prflow up` makes one.",
            )
        if "openid" not in self.scopes.split():
            raise NotConfigured("PRFLOW_LOGIN_SCOPES must hold openid: without it nobody can be known.", GUIDE)
        _check_callback(self.callback(dashboard_url), hosts)

    def read_grants(self, home: Path) -> tuple[Grant, ...]:
        """Return who may do what. Raises AccessListUnusable."""
        return read_allow_list(self.file(home))


def _check_address(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotConfigured(f"{name} is not an address that begins with https://.", GUIDE)
    if is_exposed(url):
        raise NotConfigured(
            f"{name} is plain http to another machine ({parts.hostname}): who is on the way could log in as anybody.",
            "Use https://.",
        )


def _check_callback(url: str, hosts: list[str]) -> None:
    name = "PRFLOW_LOGIN_REDIRECT_URL"
    _check_address(name, url)
    parts = urlsplit(url)
    if parts.path != CALLBACK or parts.query or parts.fragment:
        raise NotConfigured(
            f"{name} must be the dashboard's address with {CALLBACK} behind it, for example "
            f"https://prflow.example.com{CALLBACK}.",
            GUIDE,
        )
    host = (parts.hostname or "").lower()
    if not is_loopback(host) and host not in hosts:
        raise NotConfigured(
            f"{name} leads to {host}, a name that the dashboard does not answer to.",
            f"Add it: PRFLOW_DASHBOARD_HOSTS={host}",
        )


def check_reach(address: str, *, has_login: bool) -> None:
    """Raise NotConfigured if other machines would reach a dashboard without login."""
    if not has_login and not is_loopback(address or "0.0.0.0"):  # noqa: S104  what Streamlit listens on without one
        raise NotConfigured(
            f"The dashboard would listen on {address or 'all addresses of this machine'} without a login: whoever "
            "reaches this machine could read everything.",
            "Configure the login (docs/access.md), or let it listen on 127.0.0.1.",
        )

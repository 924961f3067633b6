"""The errors of GitHub, each with a hint for the person.

GitHubError
├── TokenRefused       401: wrong, expired or revoked                                 ends the run
├── LoginFailed        `prflow login` ended without a token
├── ScopeMissing       the token lacks a scope that the query needs                   ends the run
├── QueryRefused       GitHub refuses the query, or the address is not GitHub's       ends the run
│   └── FieldMissing   the server does not know a field that the query names          ends the run
├── CertificateRefused the server's certificate is not trusted                        ends the run
├── Forbidden          the token may not see this
│   └── SamlRequired   the organisation wants the token authorised for single sign-on
├── NotFound           not there, or not visible to the token
│   └── Replaced       a repository that was deleted; another one has its name
├── Limited            a rate limit; the client waits for it and does not raise it
│   └── LimitedForTooLong  again and again, or longer than a rate limit lasts       ends the run
└── Unavailable        no usable response in spite of retries
    ├── Unreachable    no connection, or it broke                                     ends the run
    ├── Garbled        not a GraphQL response: HTML, truncated, malformed, or an error that is not known
    │   └── Misshapen  data that is not what was requested: keys missing, other types, dates that cannot be
    ├── KindFails      queries of this kind keep failing while others succeed
    └── TooHeavy       the query takes GitHub too long: request less
        └── TimedOut   502, 504 or no response in time, which has the same cause

Messages name what was requested (`subject`: "12 pull requests", "scan of acme/shop"), never the token and never an
address with a password in it. `reason` is the message without the subject, for use where that is clear. `hint` tells
the person what to do.
"""

from datetime import datetime

from warehouse.errors import PrflowError


class GitHubError(PrflowError):
    """Any failure of GitHub or of the connection to it. `ends_run`: the next repository would fail in the same way."""

    hint = "Run it again: what is done is kept, and the rest is fetched then."
    ends_run = False

    def __init__(self, reason: str, *, subject: str = "") -> None:
        super().__init__(f"{subject}: {reason}" if subject else reason)
        self.reason = reason
        self.subject = subject


class TokenRefused(GitHubError):
    """HTTP 401."""

    hint = "The token may have expired or been revoked. Set GITHUB_TOKEN to a valid token, or run `prflow login`."
    ends_run = True


class LoginFailed(GitHubError):
    """The device flow ended without a token; each instance has its own hint."""

    hint = "Run `prflow login` again, or set GITHUB_TOKEN."


class ScopeMissing(GitHubError):
    """INSUFFICIENT_SCOPES; the message is GitHub's and names the scopes."""

    hint = "Give the token the scopes repo and read:org, or for a fine-grained token read access to pull requests."
    ends_run = True


class QueryRefused(GitHubError):
    """A 4xx or 3xx that no other class covers, or an error that is about the query itself."""

    hint = "Check GITHUB_GRAPHQL_URL, and whether something between prflow and GitHub responds in its place."
    ends_run = True


class FieldMissing(QueryRefused):
    """The server says that its schema lacks what the query names."""

    hint = "The server's GraphQL schema is older than what prflow requests: update GitHub Enterprise Server."


class CertificateRefused(GitHubError):
    """The certificate of the server is not trusted. Not retried: it will be the same the next time."""

    hint = (
        "Check GITHUB_GRAPHQL_URL. If your company has a certificate authority of its own, set SSL_CERT_FILE to its "
        "bundle of certificates."
    )
    ends_run = True


class Forbidden(GitHubError):
    """FORBIDDEN, or an HTTP 403 that does not count as a rate limit."""

    hint = "Give the token access to it, or leave it out."


class SamlRequired(Forbidden):
    """FORBIDDEN with saml_failure."""

    hint = "Authorise the token for single sign-on of the organisation: github.com, Settings, Tokens, Configure SSO."


class NotFound(GitHubError):
    """NOT_FOUND, which GitHub also reports for what the token may not see."""

    hint = "Check the spelling, and whether the token has access to it."


class Replaced(NotFound):
    """NOT_FOUND of a repository whose name another one has now."""

    hint = "Stop following the one that is gone with `prflow repos OWNER --unfollow NAME`: its numbers go with it."


class Limited(GitHubError):
    """A primary or secondary rate limit. `until` is by the local clock, None if GitHub did not say."""

    hint = "Nothing to do: prflow continues when the limit is over."

    def __init__(self, reason: str, *, subject: str = "", until: datetime | None, is_secondary: bool) -> None:
        super().__init__(reason, subject=subject)
        self.until = until
        self.is_secondary = is_secondary


class LimitedForTooLong(Limited):
    """The same request was limited many times in a row, or is to wait longer than a rate limit lasts."""

    hint = "Wait an hour, or use a token that nothing else uses."
    ends_run = True


class Unavailable(GitHubError):
    """No usable response after several attempts."""

    hint = "See https://www.githubstatus.com, then run it again: what is done is kept."


class Unreachable(Unavailable):
    """No connection, or a connection that broke."""

    hint = "Check the network and GITHUB_GRAPHQL_URL, then run it again: what is done is kept."
    ends_run = True


class Garbled(Unavailable):
    """HTML instead of JSON, truncated JSON, data that lacks what was requested, or an error that is not known."""


class Misshapen(Garbled):
    """Data that lacks a field that was requested, or has another type in its place; request less to find where."""


class KindFails(Unavailable):
    """Queries of one kind failed many times in a row while others succeeded: it is left alone for a minute."""


class TooHeavy(Unavailable):
    """RESOURCE_LIMITS_EXCEEDED or a similar error."""


class TimedOut(TooHeavy):
    """502, 504, or no response in time."""

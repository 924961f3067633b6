"""What can go wrong with GitHub, and what a person can do about it.

GitHubError
├── TokenRefused       401: wrong, expired or revoked                                 ends the run
├── LoginFailed        `prflow login` did not come to a token
├── ScopeMissing       the token may not ask this                                     ends the run
├── QueryRefused       GitHub does not accept the query, or the address is no GitHub  ends the run
├── Forbidden          the token may not see this
│   └── SamlRequired   the organisation wants the token authorised for single sign-on
├── NotFound           not there, or not visible to the token
├── Limited            a rate limit; the client waits it out and does not pass it on
│   └── LimitedForTooLong  it has waited again and again                             ends the run
└── Unavailable        no usable answer in spite of retries
    ├── Unreachable    no connection, or it broke                                     ends the run
    ├── Garbled        an answer that is no GraphQL: HTML, cut off, malformed
    └── TooHeavy       what was asked takes GitHub too long: ask for less
        └── TimedOut   502, 504 or no answer in time, which GitHub gives for the same reason

Messages say what was asked in words (`asked`: "12 pull requests", "scan of acme/shop"), never the token and never
an address with a password in it. `said` is the message without that, for where the reader knows what is spoken of.
`hint` is for the person who reads the message.
"""

from datetime import datetime

from warehouse.errors import PrflowError


class GitHubError(PrflowError):
    """Anything that GitHub or the way to it did. `ends_run`: the next repository would fare the same."""

    hint = "Run it again: what is done is kept, and the rest is fetched then."
    ends_run = False

    def __init__(self, said: str, *, asked: str = "") -> None:
        super().__init__(f"{asked}: {said}" if asked else said)
        self.said = said
        self.asked = asked


class TokenRefused(GitHubError):
    """HTTP 401."""

    hint = "Set GITHUB_TOKEN to a token that is valid, or run `prflow login`: it may have expired or been revoked."
    ends_run = True


class LoginFailed(GitHubError):
    """The device flow ended without a token; each instance has a hint of its own."""

    hint = "Run `prflow login` again, or set GITHUB_TOKEN."


class ScopeMissing(GitHubError):
    """INSUFFICIENT_SCOPES; the message is GitHub's, and names the scopes."""

    hint = "Give the token the scopes repo and read:org, or for a fine-grained token read access to pull requests."
    ends_run = True


class QueryRefused(GitHubError):
    """A 4xx or 3xx that is none of the others, or errors without any data."""

    hint = "Check GITHUB_GRAPHQL_URL; an older GitHub Enterprise Server may lack a field that is asked for."
    ends_run = True


class Forbidden(GitHubError):
    """FORBIDDEN, or HTTP 403 that is no rate limit."""

    hint = "Give the token access to it, or leave it out."


class SamlRequired(Forbidden):
    """FORBIDDEN with saml_failure."""

    hint = "Authorise the token for single sign-on of the organisation: github.com, Settings, Tokens, Configure SSO."


class NotFound(GitHubError):
    """NOT_FOUND, which GitHub also says of what the token may not see."""

    hint = "Check the spelling, and that the token may see it."


class Limited(GitHubError):
    """A primary or secondary rate limit. `until` is by our clock; None where GitHub did not say."""

    hint = "Nothing: it goes on by itself when the limit is over."

    def __init__(self, said: str, *, asked: str = "", until: datetime | None, is_secondary: bool) -> None:
        super().__init__(said, asked=asked)
        self.until = until
        self.is_secondary = is_secondary


class LimitedForTooLong(Limited):
    """The same request was limited many times in a row."""

    hint = "Wait an hour, or use a token that nothing else uses."
    ends_run = True


class Unavailable(GitHubError):
    """No usable answer, although it was asked for several times."""

    hint = "See https://www.githubstatus.com, then run it again: what is done is kept."


class Unreachable(Unavailable):
    """No connection, or one that broke."""

    hint = "Check the network and GITHUB_GRAPHQL_URL, then run it again: what is done is kept."
    ends_run = True


class Garbled(Unavailable):
    """HTML instead of JSON, JSON cut off, data that lacks what was asked for."""


class TooHeavy(Unavailable):
    """RESOURCE_LIMITS_EXCEEDED and its like."""


class TimedOut(TooHeavy):
    """502, 504, or silence."""

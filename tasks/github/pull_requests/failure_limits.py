"""Tell when failures are no longer those of single pull requests or repositories: bookkeeping, no I/O."""

from dataclasses import dataclass

from tasks.github.api.errors import GitHubError, Unavailable

# Pull requests of one repository that fail in a row before the repository is given up.
MAX_CONSECUTIVE_FAILURES = 10
# Repositories in a row for which GitHub does not respond before the run ends.
MAX_CONSECUTIVE_REPOSITORIES = 3
# Pull requests in a row, of any repository, for which GitHub does not respond before the run ends.
MAX_CONSECUTIVE_PULL_REQUESTS = 30


@dataclass
class FailureLimits:
    """The consecutive failures of one sync. `last_failure` is the error of the pull request that failed last."""

    last_failure: GitHubError | None = None
    _repositories: int = 0
    _pull_requests: int = 0

    def reset(self) -> None:
        """Reset the counts, since GitHub responds."""
        self._repositories = self._pull_requests = 0

    def count_repository(self, error: GitHubError, *, is_expected: bool = False) -> None:
        """Count a repository that is given up. Raises `error` if the next one would fail in the same way.

        `is_expected` says that it failed in the run before, too, which tells nothing about the others.
        """
        if not is_expected:
            self._repositories = self._repositories + 1 if isinstance(error, Unavailable) else 0
        if error.ends_run or self._repositories >= MAX_CONSECUTIVE_REPOSITORIES:
            raise error

    def count_pull_request(self, error: GitHubError, *, is_expected: bool = False) -> None:
        """Count a pull request that failed. Raises `error` if GitHub no longer responds for any."""
        self.last_failure = error
        self._pull_requests += isinstance(error, Unavailable) and not is_expected
        if self._pull_requests >= MAX_CONSECUTIVE_PULL_REQUESTS:
            raise error

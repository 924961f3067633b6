"""When a failure is no longer that of one pull request or one repository: bookkeeping, no I/O."""

from dataclasses import dataclass

from tasks.github.api.errors import GitHubError, Unavailable

# Pull requests of a repository that fail one after the other: then it is not they, and it is given up.
MAX_CONSECUTIVE_FAILURES = 10
# Repositories for which GitHub does not answer, one after the other: then it is not they, and the run ends.
MAX_CONSECUTIVE_REPOSITORIES = 3
# The same of pull requests, of whatever repository.
MAX_CONSECUTIVE_UNANSWERED = 30


@dataclass
class FailureLimits:
    """Of one sync. `last_failure`: why the pull request failed that failed last."""

    last_failure: GitHubError | None = None
    _repositories: int = 0
    _pull_requests: int = 0

    def answered(self) -> None:
        """GitHub answers."""
        self._repositories = self._pull_requests = 0

    def lost_repository(self, error: GitHubError) -> None:
        """One is given up; raises `error` where the next one would fare the same."""
        self._repositories = self._repositories + 1 if isinstance(error, Unavailable) else 0
        if error.ends_run or self._repositories >= MAX_CONSECUTIVE_REPOSITORIES:
            raise error

    def failed_pull_request(self, error: GitHubError) -> None:
        """One has failed; raises `error` where GitHub answers for none any more."""
        self.last_failure = error
        self._pull_requests += isinstance(error, Unavailable)
        if self._pull_requests >= MAX_CONSECUTIVE_UNANSWERED:
            raise error

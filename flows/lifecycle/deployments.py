"""The deployments by name: an entry of prefect.yaml each, named as its flow."""

from enum import StrEnum


class Deployment(StrEnum):
    """A deployment of prflow. Importing this loads no Prefect, so that the command line can use it too."""

    ONBOARDING = "onboarding"
    BACKGROUND = "background"
    REFRESH = "refresh"
    SYNC = "sync"
    PART = "part"
    ANALYSIS = "analysis"
    NIGHTLY = "nightly"
    MAINTENANCE = "maintenance"
    WEEKLY = "weekly"
    DIGEST = "digest"
    WATCH = "watch"

    @property
    def path(self) -> str:
        """Return flow/deployment, the name by which Prefect's API finds it."""
        return f"{self}/{self}"

    def run_name(self, subject: str) -> str:
        """Return the name of a run for `subject`, a team or a repository."""
        return f"{self}/{subject}"

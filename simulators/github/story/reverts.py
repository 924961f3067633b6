"""How people write reverts: with GitHub's button, with `git revert`, or as a conventional commit."""

from enum import Enum, auto

from simulators.github.store import records


class RevertStyle(Enum):
    BUTTON = auto()
    GIT = auto()
    CONVENTIONAL = auto()


def revert_style(number: int) -> RevertStyle:
    """Return how the revert of this number is written: half of them with the button."""
    return (RevertStyle.BUTTON, RevertStyle.GIT, RevertStyle.BUTTON, RevertStyle.CONVENTIONAL)[number % 4]


def revert_words(
    number: int, title: str, branch: str, of: int, full_name: str, database_id: int
) -> tuple[str, str, str]:
    """Return title, branch and body of the pull request `number` that reverts `of`.

    The button: https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/reverting-a-pull-request
    git quotes the headline of the squash commit and names its hash: https://git-scm.com/docs/git-revert
    """
    oid = records.fake_oid("merge", database_id, of)
    match revert_style(number):
        case RevertStyle.BUTTON:
            return f'Revert "{title}"', f"revert-{of}-{branch}", f"Reverts {full_name}#{of}"
        case RevertStyle.GIT:
            return f'Revert "{title} (#{of})"', f"undo-{of}", f"This reverts commit {oid}."
        case RevertStyle.CONVENTIONAL:
            return f"revert: {title}", f"take-back-{of}", f"It broke the nightly import.\n\nThis reverts commit {oid}."

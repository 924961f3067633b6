"""The people, bots and repositories of the invented organisation.

People live in several time zones, and review some repositories more than others. One of them, the main reviewer of
`payments`, is away for the last five weeks of the story: `life.is_away` keeps her from reviewing in that time.
"""

from dataclasses import dataclass
from functools import cache

SLOWED_REPOSITORY = "payments"
SLOWED_DAYS = 35
SLOWED_FACTOR = 10.0
"""The story in the data: reviews in this repository have waited longer since this number of days."""

AWAY = "priya-raghunathan"


@dataclass(frozen=True, slots=True)
class Person:
    """A person, `offset` hours east of UTC. `home` lists repositories, the main one first; `pace` above 1 is slower."""

    login: str
    name: str
    offset: int
    home: tuple[str, ...]
    weight: float = 1.0
    review_weight: float = 1.0
    pace: float = 1.0

    @property
    def email(self) -> str:
        return f"{self.login}@northwind.example"


PEOPLE = (
    Person("amara-okafor", "Amara Okafor", 1, ("storefront", "orders-api"), 1.2, 1.6, 0.8),
    Person("mzielinski", "Mateusz Zieliński", 1, ("orders-api", "payments"), 1.3, 1.2),
    Person("yuki-tanaka", "Yuki Tanaka (田中 友紀)", 9, ("mobile", "storefront"), 1.2, 1.1),
    Person("priya-raghunathan", "Priya Raghunathan", 5, ("payments", "orders-api"), 0.9, 3.4, 0.6),
    Person("leafontaine", "Léa Fontaine", 1, ("storefront",), 1.1, 1.0),
    Person("diegofuentes", "Diego Fuentes", -5, ("storefront", "mobile"), 1.0, 0.9, 1.2),
    Person("wkamau", "Wanjirũ Kamau", 3, ("analytics-pipelines", "platform"), 1.0, 1.2),
    Person("omar-haddad", "Omar Haddad عمر حداد", 2, ("platform",), 1.1, 1.6, 0.9),
    Person("slindqvist", "Sofia Lindqvist", 1, ("payments",), 1.1, 1.0, 1.3),
    Person("minhanh-dev", "Nguyễn Minh Anh", 7, ("storefront", "payments"), 1.2, 0.7),
    Person("fzbenali", "Fatima-Zahra Benali", 0, ("analytics-pipelines",), 1.0, 1.0),
    Person("jinhopark", "박진호 (Jinho Park)", 9, ("mobile",), 1.1, 1.2),
    Person("chidi-eze", "Chidi Eze", 1, ("orders-api",), 1.0, 0.9, 1.1),
    Person("adevries", "Anneke de Vries", 1, ("platform", "orders-api"), 0.8, 1.5, 0.8),
    Person("rafasouza", "Rafael Souza", -3, ("storefront",), 1.2, 0.8),
    Person("ingridsolheim", "Ingrid Solheim", 1, ("payments", "platform"), 0.7, 0.8, 1.6),
    Person("zhangwei-nw", "张伟 Zhang Wei", 8, ("orders-api", "analytics-pipelines"), 1.1, 1.0),
    Person("aylindemir", "Aylin Demir", 3, ("mobile", "storefront"), 0.9, 1.0),
    Person("samadeyemi", "Samuel Adeyemi", 1, ("payments",), 1.2, 0.6),
    Person("hannahcohen", "Hannah Cohen", 2, ("storefront",), 0.8, 1.4, 0.9),
    Person("kavitaiyer", "Kavita Iyer", 5, ("analytics-pipelines", "orders-api"), 0.9, 0.9),
    Person("lucamoretti", "Luca Moretti", 1, ("mobile",), 0.7, 0.7, 1.4),
    Person("tevita-f", "Tēvita Fifita", 12, ("platform", "storefront"), 0.6, 0.6),
    Person("oksana-b", "Оксана Бондаренко", 2, ("orders-api", "payments"), 1.0, 1.1),
)

OUTSIDERS = (
    Person("hikari-oss", "Hikari", 9, ("platform",)),
    Person("jeroen1986", "Jeroen", 1, ("platform",)),
    Person("contrib-sam", "Sam Oyelaran", 1, ("storefront",)),
)
"""Contributors from outside: their pull requests come from forks."""

GHOSTS = ("former-dev-kl",)
"""Accounts that are deleted: what they did has no author."""

CI_BOT = "northwind-ci"
"""A bot with an account of type User that responds to every pull request within a minute."""

BOTS = {
    "dependabot": "dependabot[bot]",
    "renovate": "renovate[bot]",
    "copilot-swe-agent": "copilot-swe-agent[bot]",
    "devin-ai-integration": "devin-ai-integration[bot]",
    "coderabbitai": "coderabbitai[bot]",
    "copilot-pull-request-reviewer": "copilot-pull-request-reviewer[bot]",
    "github-actions": "github-actions[bot]",
}
"""Accounts of type Bot, by login as GraphQL gives it; the name in commits is with the suffix, as REST has the login."""

AI_REVIEWERS = ("coderabbitai", "copilot-pull-request-reviewer")
AGENT_AUTHORS = {"copilot": "copilot-swe-agent", "devin": "devin-ai-integration"}
"""Agents that open pull requests in their own name; the other agents' are opened by people."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with its `share` of all pull requests.

    `style` of titles: conventional, ticket or free. With `pickup` above 1 reviews begin later.
    """

    name: str
    description: str
    language: str
    share: float
    first_number: int
    style: str
    ticket: str = ""
    pickup: float = 1.0
    has_preview: bool = False
    ai_reviewer: str | None = None
    is_private: bool = True


REPOSITORIES = (
    Repository(
        "storefront",
        "The web shop",
        "TypeScript",
        0.29,
        4812,
        "conventional",
        pickup=0.9,
        has_preview=True,
        ai_reviewer="coderabbitai",
    ),
    Repository("orders-api", "Orders, baskets and stock", "Go", 0.22, 2260, "conventional", pickup=0.9),
    Repository(
        "payments",
        "Card, wallet and invoice payments, and the ledger",
        "Kotlin",
        0.17,
        1733,
        "ticket",
        "PAY",
        pickup=1.0,
    ),
    Repository(
        "mobile",
        "The app for Android and iOS",
        "Kotlin",
        0.13,
        3094,
        "free",
        pickup=1.3,
        has_preview=True,
        ai_reviewer="copilot-pull-request-reviewer",
    ),
    Repository(
        "platform", "Clusters, pipelines and the base images", "HCL", 0.11, 918, "free", pickup=0.8, is_private=False
    ),
    Repository("analytics-pipelines", "From events to tables", "Python", 0.08, 641, "conventional", pickup=1.1),
)


def repositories(count: int) -> tuple[Repository, ...]:
    """Return the first `count` repositories; after the named ones come numbered services like them."""
    more = (
        Repository(
            f"{base.name}-{place // len(REPOSITORIES) + 1}",
            base.description,
            base.language,
            base.share,
            base.first_number,
            base.style,
            base.ticket,
            base.pickup,
            base.has_preview,
            base.ai_reviewer,
        )
        for place in range(len(REPOSITORIES), count)
        for base in (REPOSITORIES[place % len(REPOSITORIES)],)
    )
    return (*REPOSITORIES[:count], *more)


@cache
def theme_of(repository: str) -> str:
    """Return the named repository that a numbered one is modelled on."""
    return next((each.name for each in REPOSITORIES if repository.startswith(each.name)), "orders-api")


# How the repositories merge besides GitHub's button: one has a merge queue of late, one tries a bot that pushes the
# commits itself (https://bors.tech), and one takes its default branch to another every other week.
QUEUED_REPOSITORY, QUEUED_DAYS, MERGE_QUEUE = "orders-api", 45, "github-merge-queue"
LANDED_REPOSITORY, LANDER = "platform", "bors"
RELEASED_REPOSITORY, RELEASED_TO, RELEASE_DAYS = "storefront", "production", 14

LABELS = (
    ("bug", "d73a4a"),
    ("enhancement", "a2eeef"),
    ("documentation", "0075ca"),
    ("dependencies", "0366d6"),
    ("hotfix", "b60205"),
    ("security", "ee0701"),
    ("needs-design", "fbca04"),
    ("tech-debt", "c5def5"),
    ("performance", "5319e7"),
    ("infra", "1d76db"),
)

LABEL_OF = {
    "bugfix": "bug",
    "feature": "enhancement",
    "docs": "documentation",
    "dependency": "dependencies",
    "refactor": "tech-debt",
    "performance": "performance",
    "infra": "infra",
    "hotfix": "hotfix",
    "security": "security",
}
"""The label that a kind of change gets, where it gets one."""

TEAMS = (
    ("Checkout", "checkout", ("storefront", "payments")),
    ("Fulfilment", "fulfilment", ("orders-api",)),
    ("Apps", "apps", ("mobile",)),
    ("Platform", "platform-team", ("platform", "analytics-pipelines")),
)

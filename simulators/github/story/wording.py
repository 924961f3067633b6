"""Titles, branches and bodies of invented pull requests, with the traces that coding agents leave in them."""

import re
from random import Random

from simulators.github.story import phrases
from simulators.github.story.cast import Repository, theme_of
from simulators.github.story.identity import Identity, Origin, Story, identify, random_of
from simulators.github.story.phrases import THEMES

HOSTILE_EVERY = 70
CLAUDE_FOOTER = "🤖 Generated with [Claude Code](https://claude.com/claude-code)"
CONVENTIONAL_SHARE = {"conventional": 0.85, "ticket": 0.1, "free": 0.06}


def title_of(story: Story, repository: Repository, origin: Origin) -> str:
    """Return the title; for a revert, `revert_title` adds the title of the reverted pull request."""
    random = random_of(story, repository, origin, "title")
    identity = identify(story, repository, origin)
    if identity.kind == "dependency":
        return _dependency_title(repository, identity, random)
    if identity.kind != "hotfix" and origin.key % HOSTILE_EVERY == HOSTILE_EVERY // 2:
        turn = origin.key // HOSTILE_EVERY + len(repository.name)
        return phrases.HOSTILE_TITLES[turn % len(phrases.HOSTILE_TITLES)]
    plain = fill(random.choice(phrases.TITLES[identity.kind]), repository, random)
    plain = plain[0].upper() + plain[1:] if not plain.startswith("hotfix") else plain
    return _styled(plain, repository, identity, random)


def _styled(plain: str, repository: Repository, identity: Identity, random: Random) -> str:
    if random.random() < CONVENTIONAL_SHARE[repository.style] and identity.kind != "hotfix":
        scope = f"({random.choice(THEMES[theme_of(repository.name)].scopes)})" if random.random() < 0.7 else ""
        plain = re.sub(r"^Fix:? (.*: )?", "", plain)
        return f"{phrases.CONVENTIONAL[identity.kind]}{scope}: {plain[0].lower()}{plain[1:]}"
    if repository.style == "ticket" and random.random() < 0.85:
        return f"{repository.ticket}-{random.randint(900, 4200)}: {plain}"
    return plain


def _dependency_title(repository: Repository, identity: Identity, random: Random) -> str:
    package = random.choice(THEMES[theme_of(repository.name)].packages)
    major, minor, patch = random.randint(0, 9), random.randint(0, 20), random.randint(0, 9)
    old, new = f"{major}.{minor}.{patch}", f"{major}.{minor}.{patch + random.randint(1, 4)}"
    if identity.opener == "renovate":
        return f"chore(deps): update dependency {package} to v{new}"
    return f"Bump {package} from {old} to {new}"


def fill(template: str, repository: Repository, random: Random, **more: str) -> str:
    """Return a phrase with its blanks filled from the repository's theme."""
    theme = THEMES[theme_of(repository.name)]
    return template.format(
        thing=random.choice(theme.things),
        area=random.choice(theme.areas),
        fault=random.choice(theme.faults),
        name=random.choice(phrases.NAMES),
        day=random.choice(("Monday", "Tuesday", "Friday", "the weekend")),
        version=f"{random.randint(1, 9)}.{random.randint(0, 40)}.0",
        **more,
    )


def branch_of(identity: Identity, title: str, number: int, random: Random) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or f"patch-{number}"
    if identity.kind == "dependency":
        return f"{identity.opener}/{slug}"
    if identity.kind == "hotfix":
        return f"hotfix/{slug}"
    if identity.agent in ("codex", "cursor", "copilot", "devin"):
        return _agent_branch(identity.agent, slug, random)
    if identity.agent == "claude" and random.random() < 0.4:
        return f"claude/{slug}-{random.randrange(16**5):05x}"
    prefix = {"feature": "feat/", "bugfix": "fix/"}.get(identity.kind, "")
    return f"{random.choice((prefix, '', identity.author.login.split('-')[0] + '/'))}{slug}"


def _agent_branch(agent: str, slug: str, random: Random) -> str:
    if agent == "devin":
        return f"devin/{random.randint(1_750_000_000, 1_790_000_000)}-{slug}"
    if agent == "cursor":
        return f"cursor/{slug}-{random.randrange(16**4):04x}"
    return f"{agent}/{slug}"


def body_of(repository: Repository, identity: Identity, issue: int | None, random: Random) -> str:
    if identity.kind == "dependency":
        return _dependency_body(repository, random)
    if random.random() < 0.09 and identity.agent is None:
        return ""
    parts = [phrases.TEMPLATE_NOTE] if random.random() < 0.35 else []
    parts += ["## Why", fill(random.choice(phrases.BODY_WHY), repository, random)]
    parts += ["## How", fill(random.choice(phrases.BODY_HOW), repository, random)]
    if random.random() < 0.6:
        parts += ["## Testing", random.choice(phrases.BODY_TEST)]
    if issue:
        parts.append(f"Closes #{issue}")
    parts += _boxes(repository, identity, random)
    parts += _footer(identity, random)
    return "\n\n".join(parts)


def _boxes(repository: Repository, identity: Identity, random: Random) -> list[str]:
    """Return the checkboxes of the one repository whose template asks whether an AI helped."""
    if theme_of(repository.name) != "orders-api":
        return []
    is_ticked = identity.agent is not None or random.random() < 0.04
    return [f"- [x] I have run the tests\n- [{'x' if is_ticked else ' '}] An AI assistant wrote part of this change"]


def _footer(identity: Identity, random: Random) -> list[str]:
    number = random.randrange(16**24)
    if identity.agent == "claude":
        return [CLAUDE_FOOTER] if random.random() < 0.7 else []
    if identity.agent == "codex":
        return [f"------\nhttps://chatgpt.com/codex/tasks/task_e_{number:024x}"] if random.random() < 0.5 else []
    if identity.agent == "devin":
        return [f"Link to Devin run: https://app.devin.ai/sessions/{number:024x}\nRequested by: {identity.author.name}"]
    if identity.agent == "copilot":
        return ["💡 You can make Copilot smarter by setting up custom instructions."]
    return []


def _dependency_body(repository: Repository, random: Random) -> str:
    return (
        "Release notes and changelog of the update:\n\n<details><summary>Release notes</summary>\n\n"
        f"- Fix a regression in the parser ({random.randint(100, 9999)})\n- Drop an old runtime\n\n</details>\n\n"
        "This pull request was opened by a bot; comment `rebase` to rebase it."
    )


def trailers_of(identity: Identity, random: Random) -> str:
    """Return the trailers that an agent adds to a commit message."""
    if identity.agent == "claude" and random.random() < 0.9:
        return f"\n\n{CLAUDE_FOOTER}\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
    if identity.agent == "copilot":
        login = identity.author.login
        return f"\n\nCo-authored-by: {login} <{login}@users.noreply.github.com>"
    if random.random() < 0.04 and not identity.is_from_fork:
        return "\n\nCo-authored-by: Hannah Cohen <hannahcohen@northwind.example>"
    return ""

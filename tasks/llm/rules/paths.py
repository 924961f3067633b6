"""What the files of a pull request are about, by their paths."""

import re
from collections.abc import Iterable

from warehouse.metrics.size import is_generated

DOCS, TEST, CI, BUILD, INFRA, DEPENDENCY, TRANSLATION, HOUSEKEEPING, SOURCE = (
    "docs",
    "test",
    "ci",
    "build",
    "infra",
    "dependency",
    "translation",
    "housekeeping",
    "source",
)

_LOCK_NAMES = frozenset({"go.sum", "npm-shrinkwrap.json", "go.work.sum", "package.resolved", "cartfile.resolved"})

# The first pattern that matches decides, on the path in lower case.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            CI,
            r"^\.github/(workflows|actions)/|^\.circleci/|^\.buildkite/|^\.gitlab/ci/|^\.ci/|^ci/|(^|/)\.gitlab-ci\.yml$"
            r"|(^|/)(\.travis|appveyor|\.appveyor|azure-pipelines[\w-]*|bitbucket-pipelines|\.cirrus|\.drone)\.ya?ml$"
            r"|(^|/)jenkinsfile[\w.-]*$|^\.github/(dependabot|renovate)\.(ya?ml|json5?)$",
        ),
        (
            TEST,
            r"(^|/)(tests?|testing|__tests__|spec|specs|e2e|fixtures|testdata|__mocks__|cypress)/|(^|/)test_[^/]*$"
            r"|(^|/)conftest\.py$|[._-](tests?|spec)\.[a-z]+$|_test\.(go|py|cc|cpp|rb|dart|exs)$|tests?\.(java|cs|kt|swift|php)$",
        ),
        (
            TRANSLATION,
            r"(^|/)(locales?|i18n|l10n|lang|langs|translations?)/.*\.(json|ya?ml|po|pot|properties|xliff?|strings|ts|arb|resx|php|toml|ftl)$"
            r"|\.(po|pot|xlf|xliff|arb)$|(^|/)values-[a-z]{2}[\w-]*/strings\.xml$|\.lproj/",
        ),
        (
            DOCS,
            r"\.(md|mdx|rst|adoc|asciidoc|tex)$|(^|/)(docs?|documentation|website/docs)/"
            r"|(^|/)(readme|changelog|changes|news|authors|contributing|license|licence|copying|notice|history|code_of_conduct)[^/]*$",
        ),
        (
            DEPENDENCY,
            r"(^|/)(package\.json|go\.mod|cargo\.toml|pyproject\.toml|pipfile|setup\.(py|cfg)|gemfile|composer\.json|pom\.xml"
            r"|build\.gradle(\.kts)?|libs\.versions\.toml|gradle-wrapper\.properties|mix\.exs|pubspec\.yaml|podfile|package\.swift"
            r"|directory\.packages\.props|packages\.config|environment\.ya?ml|conanfile\.\w+|vcpkg\.json|chart\.yaml"
            r"|\.(nvmrc|node-version|python-version|ruby-version|java-version|go-version|terraform-version|tool-versions|sdkmanrc)|deps\.edn|rust-toolchain(\.toml)?|global\.json|\.?mise\.toml|build\.sbt|deno\.jsonc?|pnpm-workspace\.yaml|brewfile|cartfile|cpanfile|shard\.yml|stack\.yaml|flake\.nix|project\.clj|\.pre-commit-config\.yaml)$"
            r"|(^|/)(requirements|constraints)[\w.-]*\.(txt|in)$|(^|/)requirements/[\w.-]+\.(txt|in)$|\.(csproj|fsproj|gemspec)$",
        ),
        (
            HOUSEKEEPING,
            r"^\.github/(issue_template|pull_request_template)/|(^|/)codeowners$|^\.github/(funding|labeler|stale|settings|labels)\.ya?ml$"
            r"|(^|/)\.(gitignore|gitattributes|editorconfig|mailmap|git-blame-ignore-revs|all-contributorsrc)$|^\.(vscode|idea)/",
        ),
        (
            INFRA,
            r"\.(tf|tfvars|hcl)$|(^|/)(infra|infrastructure)/|^(?!(.*/)?(src|pkg|internal|lib|cmd|crates)/.*\.(go|py|ts|tsx|js|java|kt|rs|rb|cs|cpp|cc|c|h|php|scala)$)"
            r"(.*/)?(terraform|k8s|kubernetes|helm|charts|ansible|pulumi|deploy|deployment|deployments|ops|cloudformation|argocd|manifests)/"
            r"|(^|/)(docker-compose|compose)[\w.-]*\.ya?ml$",
        ),
        (
            BUILD,
            r"(^|/)(dockerfile[\w.-]*|[\w.-]*\.dockerfile|makefile[\w.]*|gnumakefile|cmakelists\.txt|meson\.build|build\.bazel|workspace|justfile"
            r"|taskfile\.ya?ml|rakefile|configure\.ac|\.dockerignore|tox\.ini|noxfile\.py|webpack\.[\w.]+|rollup\.[\w.]+|vite\.config\.\w+|turbo\.json)$"
            r"|\.(cmake|mk|bzl|nsi|spec|gradle)$|(^|/)(packaging|buildscripts?)/",
        ),
    )
)


def kind_of(path: str) -> str:
    """Return what a file is about: one of the kinds above; a lock file is a dependency."""
    if is_lock_file(path):
        return DEPENDENCY
    lower = path.lower()
    return next((kind for kind, pattern in _KINDS if pattern.search(lower)), SOURCE)


def kinds_of(paths: Iterable[str]) -> frozenset[str]:
    """Return the kinds of the files, without generated ones unless there are no others."""
    paths = list(paths)
    written = [path for path in paths if not is_generated(path) or is_lock_file(path)]
    return frozenset(kind_of(path) for path in written or paths)


def is_lock_file(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return is_generated(path) and ("lock" in name or name in _LOCK_NAMES)

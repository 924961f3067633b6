"""Detect programming languages by the names of files."""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from tasks.llm.rules.pull_request import ChangedFile

BY_SUFFIX = {
    ".py": "Python",
    ".pyi": "Python",
    ".ipynb": "Jupyter",
    ".js": "JavaScript",
    ".mjs": "JavaScript",
    ".cjs": "JavaScript",
    ".jsx": "JavaScript",
    ".ts": "TypeScript",
    ".tsx": "TypeScript",
    ".mts": "TypeScript",
    ".vue": "Vue",
    ".svelte": "Svelte",
    ".go": "Go",
    ".rs": "Rust",
    ".java": "Java",
    ".kt": "Kotlin",
    ".kts": "Kotlin",
    ".scala": "Scala",
    ".groovy": "Groovy",
    ".rb": "Ruby",
    ".php": "PHP",
    ".cs": "C#",
    ".fs": "F#",
    ".vb": "Visual Basic",
    ".c": "C",
    ".h": "C",
    ".cc": "C++",
    ".cpp": "C++",
    ".cxx": "C++",
    ".hpp": "C++",
    ".hh": "C++",
    ".m": "Objective-C",
    ".mm": "Objective-C",
    ".swift": "Swift",
    ".dart": "Dart",
    ".ex": "Elixir",
    ".exs": "Elixir",
    ".erl": "Erlang",
    ".hs": "Haskell",
    ".ml": "OCaml",
    ".clj": "Clojure",
    ".lua": "Lua",
    ".r": "R",
    ".jl": "Julia",
    ".pl": "Perl",
    ".zig": "Zig",
    ".nim": "Nim",
    ".sage": "Sage",
    ".s": "Assembly",
    ".asm": "Assembly",
    ".sol": "Solidity",
    ".sql": "SQL",
    ".sh": "Shell",
    ".bash": "Shell",
    ".zsh": "Shell",
    ".ps1": "PowerShell",
    ".bat": "Batch",
    ".html": "HTML",
    ".css": "CSS",
    ".scss": "SCSS",
    ".less": "Less",
    ".tf": "Terraform",
    ".hcl": "HCL",
    ".nix": "Nix",
    ".cmake": "CMake",
    ".m4": "M4",
    ".proto": "Protocol Buffers",
    ".graphql": "GraphQL",
    ".yml": "YAML",
    ".yaml": "YAML",
    ".json": "JSON",
    ".toml": "TOML",
    ".xml": "XML",
    ".md": "Markdown",
    ".mdx": "Markdown",
    ".rst": "reStructuredText",
    ".tex": "TeX",
}
BY_NAME = {
    "dockerfile": "Dockerfile",
    "makefile": "Makefile",
    "gnumakefile": "Makefile",
    "cmakelists.txt": "CMake",
    "rakefile": "Ruby",
    "gemfile": "Ruby",
    "jenkinsfile": "Groovy",
    "configure.ac": "M4",
    "makefile.am": "Makefile",
    "build.bazel": "Starlark",
    "workspace": "Starlark",
}


def detect_language(path: str) -> str | None:
    """Return the language of a file by its name or suffix, None if they do not tell."""
    name = PurePosixPath(path).name.lower()
    return BY_NAME.get(name) or BY_SUFFIX.get(PurePosixPath(name).suffix)


def detect_languages(files: Iterable[ChangedFile]) -> list[str]:
    """Return the languages of the changed files, the one with the most changed lines first."""
    lines: Counter[str] = Counter()
    for file in files:
        if language := detect_language(file.path):
            lines[language] += file.lines + 1  # a file without changed lines (renamed) still counts
    return [name for name, _ in sorted(lines.items(), key=lambda item: (-item[1], item[0]))]

"""Generated files, which do not count towards the size of a pull request."""

import re

import polars as pl

# One pattern for Python and for Polars (Rust's regex: no look-around). Matched anywhere in the path
# unless anchored, without regard to case.
_FOLDERS = (
    "vendor",
    "vendored",
    "third[_-]party",
    "node_modules",
    "bower_components",
    "(?-i:Pods)",
    "carthage",
    "godeps",
    "dist",
    "__generated__",
    "generated",
    "gen-src",
    "__snapshots__",
    "__image_snapshots__",
)
_LOCK_FILES = (
    r"package-lock\.json",
    r"npm-shrinkwrap\.json",
    r"yarn\.lock",
    r"pnpm-lock\.yaml",
    r"bun\.lockb?",
    r"deno\.lock",
    r"cargo\.lock",
    r"poetry\.lock",
    r"pdm\.lock",
    r"uv\.lock",
    r"pipfile\.lock",
    r"pixi\.lock",
    r"conda-lock\.yml",
    r"requirements\.lock",
    r"gemfile\.lock",
    r"composer\.lock",
    r"mix\.lock",
    r"pubspec\.lock",
    r"podfile\.lock",
    r"packages\.lock\.json",
    r"paket\.lock",
    r"go\.sum",
    r"go\.work\.sum",
    r"gradle\.lockfile",
    r"buildscript-gradle\.lockfile",
    r"flake\.lock",
    r"\.terraform\.lock\.hcl",
    r"cabal\.project\.freeze",
    r"stack\.yaml\.lock",
    r"package\.resolved",
    r"cartfile\.resolved",
    r"module\.bazel\.lock",
    r"chart\.lock",
)
_ENDINGS = (
    r"\.min\.(js|css|mjs)",
    r"[-.]bundle\.js",
    r"\.(js|css|mjs|cjs)\.map",
    r"\.snap",
    r"\.ambr",
    r"\.pb\.(go|cc|h|dart)",
    r"\.pb\.gw\.go",
    r"_pb2(_grpc)?\.pyi?",
    r"_pb\.(js|ts|d\.ts)",
    r"\.g\.(dart|cs)",
    r"\.freezed\.dart",
    r"\.generated\.[a-z]+",
    r"_generated\.[a-z]+",
    r"\.gen\.(go|ts|js)",
    r"_gen\.go",
    r"zz_generated\.[a-z_.]+",
    r"\.designer\.cs",
    r"\.pbxproj",
    r"bindata\.go",
    r"wire_gen\.go",
)

GENERATED = (
    r"(?i)"
    rf"(^|/)({'|'.join(_FOLDERS)})/"
    rf"|(^|/)({'|'.join(_LOCK_FILES)})$"
    rf"|({'|'.join(_ENDINGS)})$"
)
_GENERATED = re.compile(GENERATED)


def is_generated(path: str) -> bool:
    """Return True for lock files, vendored, generated and minified files and test snapshots."""
    return _GENERATED.search(path) is not None


def generated(path: str = "path") -> pl.Expr:
    """Return the same as a Polars expression over the column named `path`."""
    return pl.col(path).str.contains(GENERATED)

"""The layout of the code: how deep imports go, and how many modules a folder holds."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT = ("flows", "tasks", "warehouse", "dashboard")
FOLDERS = (*PRODUCT, "simulators", "benchmarks")
# The longest chain of modules of which each imports the next, at its top or inside a function.
MAX_DEPTH = 12
MAX_MODULES = 18
# One file per command.
MAX_COMMANDS = 24
MIGRATIONS = "warehouse/migrations/versions"


def list_modules() -> dict[str, Path]:
    """Return each module of the product by its dotted name."""
    files = [file for top in PRODUCT for file in sorted((ROOT / top).rglob("*.py"))]
    return {name_of(file): file for file in files}


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def list_imports(file: Path, modules: Collection[str]) -> Iterator[str]:
    """Yield the modules that a file imports anywhere; `from a import b` is `a.b` if that is a module, else `a`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file} imports by a relative name"
            inner = [f"{node.module}.{one.name}" for one in node.names]
            yield from (one if one in modules else str(node.module) for one in inner)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def test_no_chain_of_imports_is_longer_than_can_be_followed() -> None:
    modules = list_modules()
    imports = {name: (set(list_imports(file, modules)) & set(modules)) - {name} for name, file in modules.items()}

    @cache
    def longest_chain(name: str) -> tuple[str, ...]:
        return (name, *max((longest_chain(one) for one in sorted(imports[name])), key=len, default=()))

    chain = max(map(longest_chain, modules), key=len)
    assert len(chain) <= MAX_DEPTH, (
        "Import what is needed from a smaller module, or take it as an argument:\n" + "\n  -> ".join(chain)
    )


def test_no_folder_holds_more_modules_than_can_be_read_at_once() -> None:
    files = [file for top in FOLDERS for file in (ROOT / top).rglob("*.py") if file.name != "__init__.py"]
    counts = Counter(str(file.parent.relative_to(ROOT)) for file in files)
    limits = {"flows/cli": MAX_COMMANDS, MIGRATIONS: counts[MIGRATIONS]}
    assert {folder: n for folder, n in counts.items() if n > limits.get(folder, MAX_MODULES)} == {}

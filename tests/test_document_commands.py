"""Whatever the documents tell a reader to type exists: commands, options, targets, modules; and promises are shown."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs.command_line import find_commands, find_examples

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# Pages that `make docs` writes, whose blocks are examples of metrics, and usage of commands that test_docs.py reads.
WRITTEN = {"docs/metrics.md", "docs/tables.md", "docs/cli.md", "docs/events.md"}
SHELL = ("sh", "bash", "console", "shell")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Programs of somebody else that the documents name, and what stands for running them here.
OTHERS = {
    "cp": "copies .env.example, which a test compares with the settings",
    "curl": "tests/flows/services/api and tests/dashboard ask each path that is shown",
    "docker": "no container engine runs here: tests/deploy reads compose.yaml and runs its steps as plain commands",
    "export": "sets variables, whose names are checked here",
    "install": "writes to /etc and needs root: tests/deploy reads the units that it copies",
    "mkdir": "makes a folder",
    "openssl": "draws a password",
    "prefect": "tests/flows/services run a worker, a deployment and set-up against a real server of Prefect's",
    "python3.11": "makes an environment in /opt: tests/deploy and tests/test_wheel.py install the package",
    "/opt/prflow/bin/pip": "installs into /opt: tests/deploy and tests/test_wheel.py install the package",
    "systemctl": "needs systemd as root: tests/deploy reads the units",
    "useradd": "needs root",
}
# Lines of other languages in indented blocks: nginx, YAML, SQL, settings and what programs print.
NOT_SHELL = re.compile(r"^(location|proxy_|\}|- |scrape_configs|ALTER |[A-Z][A-Z_0-9]+=|[\w./-]+ ->|\||<|\{)")


@dataclass(frozen=True)
class Line:
    """One line that a document tells a reader to type; `comment` is what stands behind it."""

    document: str
    command: str
    comment: str = ""

    def __str__(self) -> str:
        return f"{self.document}: {self.command}"


def read_lines() -> Iterator[Line]:
    """Return the commands of all blocks: indented ones, and fenced ones of a shell."""
    for path in DOCUMENTS:
        if str(path.relative_to(ROOT)) in WRITTEN:
            continue
        language, before = "", ""
        for text in path.read_text(encoding="utf-8").splitlines():
            if text.startswith("```"):
                language = "" if language else text.removeprefix("```").strip() or "text"
            elif language in SHELL or (not language and re.match(r"    \S", text) and not _is_of_list(before)):
                command, _, comment = f"{text.strip().removeprefix('.venv/bin/')} ".partition(" # ")
                if not NOT_SHELL.match(command):
                    yield Line(str(path.relative_to(ROOT)), command.strip(), comment)
            before = text if not re.match(r"    ", text) else before


def _is_of_list(before: str) -> bool:
    """Return whether an indented line goes on with an item of a list above it."""
    return bool(re.match(r" *(-|\d+\.) |  \S", before))


LINES = list(dict.fromkeys(read_lines()))
COMMANDS = find_commands()


def find_command(words: str) -> str | None:
    """Return the longest command that these words begin with."""
    found = [path for path in COMMANDS if f"{words} ".startswith(f"{path} ")]
    return max(found, key=len, default=None)


def options_of(path: str) -> set[str]:
    return {name for each in COMMANDS[path].params for name in (*each.opts, *each.secondary_opts)} | {"--help"}


def of_prflow() -> list[Line]:
    return [line for line in LINES if line.command.startswith("prflow ")]


@pytest.mark.parametrize("line", of_prflow(), ids=str)
def test_a_line_of_prflow_is_accepted_by_its_command(line: Line) -> None:
    path = find_command(line.command)
    assert path is not None, f"no such command: {line}"
    arguments = shlex.split(re.split(r" [|<>] ", line.command.removeprefix(path))[0].replace("$(date +%F)", "today"))
    COMMANDS[path].make_context(path, arguments)
    named = set(OPTION.findall(line.comment))
    # A comment names more options of the same command, or another command with its own.
    others = {each for words in re.findall(r"`(prflow [^`]+)`", line.comment) if (each := find_command(words))}
    assert named <= options_of(path).union(*map(options_of, others))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_in_a_sentence_exists_with_its_options(document: Path) -> None:
    wrong = []
    for words in re.findall(r"`((?:\.venv/bin/)?prflow [^`]+)`", document.read_text(encoding="utf-8")):
        said = " ".join(words.removeprefix(".venv/bin/").split())
        path = find_command(said)
        is_group = any(each.startswith(f"{said} ") for each in COMMANDS)
        if path is None and not is_group and said not in PLACEHOLDERS:
            wrong.append(said)
        elif path is not None:
            wrong += [f"{path} {option}" for option in OPTION.findall(said) if option not in options_of(path)]
    assert wrong == []


PLACEHOLDERS = {"prflow COMMAND --help", "prflow --help", "prflow --version"}


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {line.command.split()[1] for line in LINES if line.command.startswith("make ")}
    for path in DOCUMENTS:
        named |= set(re.findall(r"`make ([a-z-]+)[^`]*`", path.read_text(encoding="utf-8")))
    assert {"demo", "up", "test", "test-long"} <= named
    assert named <= targets


def of_modules() -> list[str]:
    """Return what follows `python -m`, in blocks and in sentences."""
    found = [line.command for line in LINES if line.command.startswith("python -m ")]
    for path in DOCUMENTS:
        found += re.findall(r"`(python -m [^`]+)`", path.read_text(encoding="utf-8"))
    return sorted({" ".join(words.split()).removeprefix("python -m ") for words in found})


@pytest.mark.parametrize("words", of_modules())
def test_a_module_that_is_run_exists_and_knows_its_options(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, _, rest = words.partition(" ")
    found = find_spec(module.partition(".")[0] if module.startswith("prefect.") else module)
    assert found is not None
    if module == "pytest":
        assert all((ROOT / path).exists() for path in rest.split())
        return
    is_folder = bool(found.submodule_search_locations)
    assert module.startswith("prefect.") or not is_folder or find_spec(f"{module}.__main__") is not None
    if module.startswith("benchmarks.") and OPTION.search(rest):
        monkeypatch.setattr("sys.argv", [module, "--help"])
        with pytest.raises(SystemExit):
            import_module(f"{module}.bench" if is_folder else module).main()
        assert set(OPTION.findall(rest)) <= set(OPTION.findall(capsys.readouterr().out))


def test_every_other_program_has_its_reason_why_it_is_not_run() -> None:
    ours = ("prflow", "make", "python")
    words = {part.split()[0] for line in LINES for part in re.split(r" && | \| (?!-)", line.command) if part.split()}
    assert sorted(words - set(ours) - set(OTHERS)) == []
    assert sorted(set(OTHERS) - words) == []


def test_every_variable_that_a_block_sets_is_a_setting() -> None:
    known = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = {
        (path.name, name)
        for path in DOCUMENTS
        for name in re.findall(r"^ {4}(?:export )?(PRFLOW_[A-Z_]+|ENABLE_[A-Z_]+)=", path.read_text(), re.MULTILINE)
    }
    assert named
    assert sorted(each for each in named if f"{each[1]}=" not in known) == []


PROMISE = re.compile(r"^\| “(.+?)” \| (.+?) \| (.+?) \|$", re.MULTILINE)
PROMISES = PROMISE.findall((ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))


def test_every_section_of_the_readme_has_its_promises_on_their_page() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert len(PROMISES) >= 20
    assert [promise for promise, _, _ in PROMISES if promise not in readme] == []


@pytest.mark.parametrize(("promise", "shown", "tests"), PROMISES, ids=[each[0][:40] for each in PROMISES])
def test_a_promise_is_shown_by_a_command_that_exists_and_kept_by_tests_that_exist(
    promise: str, shown: str, tests: str
) -> None:
    commands = re.findall(r"`([^`]+)`", shown)
    assert commands, promise
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for words in commands:
        program, _, rest = words.partition(" ")
        if program == "make":
            assert f"\n{rest}:" in targets
        elif program == "python":
            assert find_spec(rest.removeprefix("-m ").split()[0])
        else:
            path = find_command(words)
            assert path is not None, words
            COMMANDS[path].make_context(path, shlex.split(words.removeprefix(path)))
    files = re.findall(r"`(tests/[^`]+)`", tests)
    assert files, promise
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_an_unknown_option_is_noticed() -> None:
    with pytest.raises(Exception, match="No such option"):
        COMMANDS["prflow status"].make_context("prflow status", ["--no-such-option"])
    assert all(find_examples(command) for command in COMMANDS.values())

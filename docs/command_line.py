"""Render docs/cli.md from the command line itself: every command, argument and option, with its help and examples."""

from collections.abc import Iterator
from enum import Enum

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from flows.cli.app import app

HEAD = """\
# The command line

{note}

`prflow COMMAND --help` prints the same. Results go to stdout; errors go to stderr, as one sentence and what to do.

| exit code | meaning |
|---:|---|
| 0 | done |
| 1 | not done, or not completely; stderr says why |
| 2 | wrong usage: an unknown option, a missing argument, an invalid value |
| 130 | stopped by Ctrl-C |
| 143 | stopped by SIGTERM |
"""


Parameter = TyperArgument | TyperOption


def find_commands() -> dict[str, TyperCommand]:
    """Return every command by what a person types, such as `prflow llm check`."""
    return dict(_walk("prflow", typer.main.get_command(app)))


def _walk(path: str, command: object) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from _walk(f"{path} {name}", child)
    elif isinstance(command, TyperCommand):
        yield path, command


def render(note: str) -> str:
    """Return the document: one section per command."""
    return "\n".join([HEAD.format(note=note), *(_section(*entry) for entry in find_commands().items())])


def _section(path: str, command: TyperCommand) -> str:
    """Return a command's help, usage, arguments, options and examples."""
    help_ = " ".join((command.help or "").split())
    parameters = [each for each in command.params if isinstance(each, Parameter)]
    usage = " ".join([path, *map(_usage, parameters)])
    rows = [f"| `{_name(each)}` | {_meaning(each)} |" for each in parameters]
    table = ["| argument, option | meaning |", "|---|---|", *rows, ""] if rows else []
    return "\n".join([f"## {path}\n", f"{help_}\n", f"    {usage}\n", *table, *_examples(command)])


def _usage(parameter: Parameter) -> str:
    """Return the parameter as usage lines write it: in brackets if it may be omitted."""
    name = _name(parameter)
    return name if parameter.required else f"[{name}]"


def _name(parameter: Parameter) -> str:
    """Return what a person types; the value of an option in capitals, or its choices."""
    if isinstance(parameter, TyperArgument):
        return parameter.metavar or parameter.name.upper()
    if parameter.is_flag:
        return parameter.opts[0]
    default = parameter.default
    choices = ",".join(each.value for each in type(default)) if isinstance(default, Enum) else ""
    return f"{parameter.opts[0]} {parameter.metavar or (f'{{{choices}}}' if choices else 'TEXT')}"


def _meaning(parameter: Parameter) -> str:
    """Return the parameter's help, and its default if that is a choice."""
    default = parameter.default
    return f"{parameter.help}{f' Default: {default.value}.' if isinstance(default, Enum) else ''}"


def _examples(command: TyperCommand) -> Iterator[str]:
    for line in find_examples(command):
        yield f"    {line}"
    yield ""


def find_examples(command: TyperCommand) -> list[str]:
    """Return the command's example lines, as its epilog has them."""
    return (command.epilog or "").split("\n\n")[1:]

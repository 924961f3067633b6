"""Command-line options that the benchmarks share, and how they end."""

import argparse
import signal
import sys


def make_parser(name: str, description: str) -> argparse.ArgumentParser:
    """Make the parser of `python -m benchmarks.NAME`; `description` is one sentence.

    From then on a benchmark that is ended by SIGTERM ends what it has started.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def add_markdown(parser: argparse.ArgumentParser, document: str) -> None:
    parser.add_argument("--markdown", action="store_true", help=f"print the tables in Markdown, for {document}")


def add_write(parser: argparse.ArgumentParser, document: str = "docs/reliability.md") -> None:
    parser.add_argument("--write", action="store_true", help=f"write the result into {document}")

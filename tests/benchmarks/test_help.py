"""Every benchmark says under its own name what it measures."""

import sys
from importlib import import_module

import pytest

NAMES = """
analysis.bench convergence crash.bench faults.bench ingest injection.bench nights.bench parallel.bench rate reading
recorded replies same_tables scale.bench
"""


@pytest.mark.parametrize("module", NAMES.split())
def test_help_names_the_command_and_describes_every_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmark", "--help"])
    with pytest.raises(SystemExit) as ended:
        import_module(f"benchmarks.{module}").main()
    usage, _, options = capsys.readouterr().out.partition("options:")
    assert ended.value.code == 0
    assert usage.startswith(f"usage: python -m benchmarks.{module.removesuffix('.bench')} ")
    described = [line for line in options.splitlines() if line.startswith("  -")]
    undescribed = [line for line in described if "  " not in line.strip()]
    following = options.splitlines()
    assert all(following[following.index(line) + 1].startswith("     ") for line in undescribed)

"""The wheel: an installed prflow works anywhere, without a checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PACKAGES = ("flows", "tasks", "warehouse", "dashboard", "simulators")
# `-S` leaves out the path files of site-packages, and with them the editable install of the checkout.
HEAD = f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def run(code: str, unpacked: Path, home: Path) -> str:
    """Run code in a folder of its own, with only the unpacked wheel and the dependencies on the path."""
    home.mkdir()
    environment = {"PYTHONPATH": str(unpacked), "PRFLOW_HOME": str(home), "PATH": os.defpath, "HOME": str(home)}
    command = [sys.executable, "-S", "-c", HEAD + code]
    return subprocess.run(command, cwd=home, env=environment, check=True, capture_output=True, text=True).stdout


def test_every_file_of_the_packages_is_in_the_wheel(unpacked: Path) -> None:
    files = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    ours = [path for path in files if "__pycache__" not in path.parts]
    assert [path for path in ours if not (unpacked / path).exists()] == []
    assert Path("dashboard/.streamlit/config.toml") in ours
    assert (unpacked / "flows" / "prefect.yaml").read_bytes() == (ROOT / "prefect.yaml").read_bytes()


def test_the_command_runs_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = "sys.argv = ['prflow', '--help']\nfrom flows.cli.app import main\nmain()"
    assert "onboard" in run(code, unpacked, tmp_path / "home")


def test_the_deployments_are_read_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = """
import flows, json
from flows.services.prefect_yaml import read_facts
from flows.services.setup import load_flows
facts = read_facts()
print(json.dumps([flows.__file__, [entry.name for entry in facts.deployments], len(load_flows(facts))]))
"""
    file, names, count = json.loads(run(code, unpacked, tmp_path / "home"))
    assert Path(file).is_relative_to(unpacked)
    assert "onboarding" in names
    assert count == len(names)


def test_warehouse_rules_and_simulators_find_their_files_in_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = """
import simulators.github.graphql.schema, tasks.llm.rules.ai_evidence
from warehouse import migrations
from warehouse.connection import Warehouse
with Warehouse() as warehouse:
    migrations.upgrade(warehouse)
    print(migrations.is_current(warehouse))
"""
    assert run(code, unpacked, tmp_path / "home").strip() == "True"

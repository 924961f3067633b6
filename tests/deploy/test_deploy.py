"""The container files and systemd units: what they promise, and their steps as plain commands."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
ENTRYPOINT = (DEPLOY / "entrypoint.sh").read_text()
KNOWN = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
OURS = {name for name, service in SERVICES.items() if service.get("image") == "prflow"}
# Read by Prefect's logging configuration, which is no setting.
LOGGING = "PREFECT_LOGGING_"


def known_to_prefect() -> set[str]:
    def names(model: Any, prefix: str) -> set[str]:
        found: set[str] = set()
        for name, field in model.model_fields.items():
            found.add(f"{prefix}{name}".upper())
            if hasattr(field.annotation, "model_fields"):
                found |= names(field.annotation, f"{prefix}{name}_")
        return found

    return names(Settings, "prefect_")


def secrets_by_file() -> set[str]:
    return set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", ENTRYPOINT.partition("for name in")[2].partition("\ndo")[0]))


def pins(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", file.read_text(), re.MULTILINE))


def test_every_image_is_pinned_and_every_service_is_watched_or_ends_by_itself() -> None:
    images = [service["image"] for service in SERVICES.values() if service["image"] != "prflow"]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.search(r":.*\d+\.\d+|:RELEASE\.\d{4}", image) for image in images), images
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"worker", "bucket"}
    assert SERVICES["bucket"]["restart"] == "no"
    assert all(service["restart"] == "unless-stopped" for name, service in SERVICES.items() if name != "bucket")


def test_containers_of_prflow_have_no_rights_and_publish_to_this_machine_alone() -> None:
    assert DOCKERFILE.rindex("\nUSER prflow") < DOCKERFILE.rindex("\nENTRYPOINT")
    for name in OURS:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports), ports


def test_every_variable_exists_and_no_secret_stands_in_the_file() -> None:
    known = KNOWN | known_to_prefect() | {"PGPASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    for name in OURS:
        for variable, value in SERVICES[name].get("environment", {}).items():
            by_file = variable.removesuffix("_FILE")
            if variable not in known and not variable.startswith(LOGGING):
                assert by_file in secrets_by_file(), variable
                assert by_file in known, variable
            if str(value).startswith("/run/secrets/"):
                assert Path(value).name in SERVICES[name]["secrets"], variable
            assert not re.search(r"PASSWORD|TOKEN|SECRET|_KEY$", variable) or str(value).startswith("/run/"), variable
    given = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert given == COMPOSE["secrets"].keys()


def test_the_image_gets_what_it_copies_and_the_packages_of_the_lock() -> None:
    sources = [
        part for line in re.findall(r"^COPY (?!--from)(.*)", DOCKERFILE, re.MULTILINE) for part in line.split()[:-1]
    ]
    assert all((ROOT / part).exists() for part in sources if not part.startswith("--"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours, all_of_them = pins(DEPLOY / "requirements.lock"), pins(ROOT / "requirements.lock")
    assert ours.items() <= all_of_them.items(), "run `make lock`"
    for requirement in project["dependencies"]:
        name = re.split(r"[\[<>=~! ;]", requirement)[0].lower().replace("_", "-")
        assert name in ours, f"{name} is not in deploy/requirements.lock: run `make lock`"
    assert not {"pytest", "playwright", "mypy"} & ours.keys()


def with_secrets(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(DEPLOY / "entrypoint.sh"), *command],
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_secrets_come_from_files_and_one_that_is_missing_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text('it\'s $(a) "secret" `x`\n')
    shown = with_secrets({"GITHUB_TOKEN_FILE": str(secret)}, "env")
    assert 'GITHUB_TOKEN=it\'s $(a) "secret" `x`' in shown.stdout.splitlines()
    assert "GITHUB_TOKEN_FILE" not in shown.stdout
    missing = with_secrets({"GROQ_API_KEY_FILE": str(tmp_path / "none")}, "env")
    assert (missing.returncode, missing.stdout) == (1, "")
    words = f"{tmp_path}/none, which cannot be read. Mount the secret, or unset GROQ_API_KEY_FILE."
    assert missing.stderr.strip() == f"GROQ_API_KEY_FILE names {words}"
    assert with_secrets({}, "sh", "-c", "exit 7").returncode == 7


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("systemd/*.service")), ids=lambda path: path.stem)
def test_the_units_are_what_systemd_understands(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    text = re.sub(r"/opt/prflow/bin/\w+", "/bin/true", unit.read_text())
    (tmp_path / unit.name).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (checked.returncode, unit.name in checked.stderr) == (0, False), checked.stderr


def test_what_containers_and_units_start_can_be_started() -> None:
    commands = [service["command"] for name, service in SERVICES.items() if name in OURS]
    for unit in DEPLOY.glob("systemd/*.service"):
        commands += [
            found.split() for found in re.findall(r"^ExecStart=/opt/prflow/bin/(.*)", unit.read_text(), re.MULTILINE)
        ]
    modules = {command[2] for command in commands if command[:2] == ["python", "-m"]}
    assert modules == {"flows.services.worker", "dashboard"}
    for module in modules:
        found = subprocess.run([sys.executable, "-c", f"import importlib.util as u; print(u.find_spec({module!r}))"])
        assert found.returncode == 0
    assert {command[0] for command in commands} == {"python", "prefect", "prflow"}

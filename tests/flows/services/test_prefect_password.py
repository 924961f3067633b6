"""The password of prflow's own Prefect server: where it lies, who reads it, whose counts."""

import os
import stat
from pathlib import Path

import pytest

from flows.services.prefect_password import forget_password, make_password, read_password, use_prefect_of
from flows.services.state import Services


def services(home: Path) -> Services:
    return Services("http://127.0.0.1:1/api", "http://127.0.0.1:2", False, str(home), 1, {}, {})


def test_each_start_makes_a_new_one_that_only_its_owner_reads(tmp_path: Path) -> None:
    first, second = make_password(tmp_path, {}), make_password(tmp_path, {})
    assert first != second
    assert first.startswith("prflow:")
    assert len(first) > 30
    assert read_password(tmp_path) == second
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"])
def test_a_password_that_a_person_has_set_counts(name: str, tmp_path: Path) -> None:
    assert make_password(tmp_path, {name: "ann:hers"}) == "ann:hers"
    assert read_password(tmp_path) == "ann:hers"


def test_without_a_server_there_is_none(tmp_path: Path) -> None:
    make_password(tmp_path, {})
    forget_password(tmp_path)
    assert read_password(tmp_path) == ""


def test_another_shell_speaks_to_the_running_server_and_sends_it_no_key_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_KEY", "pnu_of_the_cloud")
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "ann:of-another-server")
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example/api")
    password = make_password(tmp_path, {})
    use_prefect_of(services(tmp_path))
    assert os.environ["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert os.environ["PREFECT_API_AUTH_STRING"] == password
    assert "PREFECT_API_KEY" not in os.environ


def test_another_prefect_server_keeps_its_own_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "ann:hers")
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example/api")
    use_prefect_of(services(tmp_path))
    assert os.environ["PREFECT_API_AUTH_STRING"] == "ann:hers"

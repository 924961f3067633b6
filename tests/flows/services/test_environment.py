from dataclasses import replace
from pathlib import Path

from flows.services.environment import Addresses, demo_environment, real_environment

HOME = Path("/srv/prflow")
OWN = Addresses("http://127.0.0.1:4200/api", 4200, 8501, github_port=7001, llm_port=7002)
THEIRS = Addresses("https://prefect.example/api", None, 8501)
REAL = {
    "PATH": "/usr/bin",
    "GITHUB_TOKEN": "ghp_real",
    "GROQ_API_KEY": "gsk_real",
    "OPENAI_API_KEY": "sk_real",
    "PRFLOW_WAREHOUSE_CATALOG": "postgres:host=real",
    "PRFLOW_LLM_MODEL": "real-model",
    "PREFECT_API_KEY": "pnu_real",
    "PREFECT_PROFILE": "cloud",
}


def test_nothing_real_reaches_the_demo() -> None:
    environment = demo_environment(HOME, OWN, REAL)
    assert not [value for value in environment.values() if "real" in value]
    assert environment["GITHUB_TOKEN"] == "demo-token"
    assert environment["PRFLOW_WAREHOUSE_CATALOG"] == ""


def test_the_demo_asks_its_simulators_and_says_so() -> None:
    environment = demo_environment(HOME, OWN, REAL)
    assert environment["GITHUB_GRAPHQL_URL"] == "http://127.0.0.1:7001/graphql"
    assert environment["PRFLOW_LLM_BASE_URL"] == "http://127.0.0.1:7002/v1"
    assert environment["PRFLOW_GITHUB_SIMULATED"] == "true"
    assert environment["PRFLOW_LLM_PROVIDER"] == "simulated"


def test_the_real_thing_keeps_a_persons_settings() -> None:
    environment = real_environment(HOME, OWN, REAL)
    assert environment["GITHUB_TOKEN"] == "ghp_real"
    assert environment["PRFLOW_WAREHOUSE_CATALOG"] == "postgres:host=real"
    assert environment["PRFLOW_HOME"] == "/srv/prflow"


def test_prflows_own_server_knows_nothing_of_another_prefect_and_calls_nobody() -> None:
    environment = real_environment(HOME, OWN, REAL)
    assert "PREFECT_API_KEY" not in environment
    assert "PREFECT_PROFILE" not in environment
    assert environment["PREFECT_HOME"] == "/srv/prflow/prefect"
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"


def test_prflows_own_server_has_a_password_and_answers_its_own_pages_only() -> None:
    environment = real_environment(HOME, replace(OWN, prefect_password="prflow:secret"), REAL)
    assert environment["PREFECT_SERVER_API_AUTH_STRING"] == environment["PREFECT_API_AUTH_STRING"] == "prflow:secret"
    assert environment["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4200,http://localhost:4200"
    assert "secret" not in repr(replace(OWN, prefect_password="prflow:secret"))


def test_a_prefect_server_of_ones_own_keeps_its_key() -> None:
    environment = real_environment(HOME, THEIRS, REAL)
    assert environment["PREFECT_API_KEY"] == "pnu_real"
    assert environment["PREFECT_API_URL"] == "https://prefect.example/api"


def test_a_proxy_for_the_outside_is_not_asked_for_this_machine() -> None:
    environment = real_environment(HOME, OWN, REAL | {"NO_PROXY": "intra.example"})
    assert environment["NO_PROXY"] == "intra.example,127.0.0.1,localhost"

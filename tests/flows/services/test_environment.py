import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flows.services.environment import child_environment, demo_environment, real_environment, without_onboarding
from flows.services.state import Addresses

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
    "AWS_SECRET_ACCESS_KEY": "s3_real",
    "PGPASSWORD": "pg_real",
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


def test_a_demo_that_begins_with_the_set_up_has_no_token_yet() -> None:
    environment = without_onboarding(demo_environment(HOME, OWN, REAL))
    assert (environment["GITHUB_TOKEN"], environment["PRFLOW_GITHUB_SIMULATED"]) == ("", "true")


BASE = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONPATH"}
NETWORK = {"HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "NO_PROXY", "no_proxy"}
OF_PREFECT = {"PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "DO_NOT_TRACK"}
OF_WAREHOUSE = {"PRFLOW_HOME", "PRFLOW_WAREHOUSE_CATALOG", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "DUCKDB_S3_ENDPOINT"}
TOKENS = {"GITHUB_TOKEN", "PRFLOW_GITHUB_APP_PRIVATE_KEY", "GROQ_API_KEY", "OPENAI_API_KEY", "PRFLOW_LLM_MODEL"}
OF_CHANNELS = {"PRFLOW_SMTP_PASSWORD", "PRFLOW_SLACK_BOT_TOKEN", "PRFLOW_APPRISE_URLS"}
FLAGS = {"ENABLE_SLACK_INTEGRATION"}
OF_NOBODY = {"OIDC_CLIENT_SECRET", "SLACK_TOKEN", "JIRA_TOKEN", "VAULT_TOKEN", "SECRET"}
EVERYTHING = dict.fromkeys(BASE | NETWORK | OF_WAREHOUSE | TOKENS | OF_CHANNELS | FLAGS | OF_NOBODY, "x")


@pytest.mark.parametrize(
    ("child", "told"),
    [
        ("server", BASE | NETWORK | OF_PREFECT),
        ("dashboard", BASE | NETWORK | OF_PREFECT | OF_WAREHOUSE | FLAGS),
        ("api", BASE | NETWORK | OF_PREFECT | OF_WAREHOUSE | FLAGS),
        ("worker", BASE | NETWORK | OF_PREFECT | OF_WAREHOUSE | TOKENS | OF_CHANNELS | FLAGS),
        ("admin", BASE | NETWORK | OF_PREFECT | OF_WAREHOUSE | TOKENS | OF_CHANNELS | FLAGS),
        ("github", BASE),
        ("llm", BASE),
    ],
)
def test_each_child_is_told_what_its_job_needs_and_nothing_else(child: str, told: set[str]) -> None:
    addresses = replace(OWN, prefect_password="prflow:secret")
    kept = child_environment(child, real_environment(HOME, addresses, EVERYTHING))
    server_settings = {name for name in kept if name.startswith(("PREFECT_", "PRFLOW_OWN_"))} - OF_PREFECT
    assert kept.keys() - server_settings == told
    assert bool(server_settings) == (child in ("server", "worker", "admin"))


FIND_SETTINGS = """
import importlib, json, pkgutil, dashboard
from pydantic_settings import BaseSettings
from tasks.sources import find_variables
for module in pkgutil.walk_packages(dashboard.__path__, "dashboard."):
    if module.name not in ("dashboard.app", "dashboard.server") and not module.name.endswith(".layout"):
        importlib.import_module(module.name)
import sys
ours = [one for name, module in sys.modules.items() if name.startswith(("dashboard.", "warehouse."))
        for one in vars(module).values() if isinstance(one, type) and issubclass(one, BaseSettings)]
found = [names for one in ours if one is not BaseSettings for names in find_variables(one).values()]
print(json.dumps(sorted({name for names in found for name in names})))
"""


def test_the_dashboard_is_told_every_setting_that_it_reads() -> None:
    found = subprocess.run([sys.executable, "-c", FIND_SETTINGS], capture_output=True, check=True, timeout=120)
    variables = json.loads(found.stdout)
    assert {"PRFLOW_WAREHOUSE_CATALOG", "PREFECT_API_KEY", "PRFLOW_DASHBOARD_HOSTS"} < set(variables)
    assert child_environment("dashboard", dict.fromkeys(variables, "x")).keys() == set(variables)


def test_a_proxy_for_the_outside_is_not_asked_for_this_machine() -> None:
    environment = real_environment(HOME, OWN, REAL | {"NO_PROXY": "intra.example"})
    assert environment["NO_PROXY"] == environment["no_proxy"] == "intra.example,127.0.0.1,localhost,::1"
    environment = real_environment(HOME, OWN, REAL | {"no_proxy": "intra.example"})
    assert environment["NO_PROXY"] == environment["no_proxy"] == "intra.example,127.0.0.1,localhost,::1"

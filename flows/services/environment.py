"""The environment of the processes that prflow starts: what they need to know, and nothing that they must not."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from flows.services.state import Addresses
from tasks import sources
from warehouse.flags import PREFIX as FLAGS
from warehouse.guard.child_environment import WAREHOUSE_PREFIXES, for_machine, for_network, pick, without_proxy

DEMO_OWNER = "northwind"
OWN_PREFIX = "PRFLOW_"

# Tells the worker that no other worker uses its server.
OWN_SERVER = "PRFLOW_OWN_PREFECT_SERVER"

# Reasons in docs/adr: each was measured, or keeps the server from calling outside.
PREFECT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_API_HOST": "127.0.0.1",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # Writing task runs in batches costs a quarter of the processor time.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    # With leases in memory, a restart of the server loses a slot for ever.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # Runs, logs and artifacts of 90 days, Prefect's default for those who switch it on. By default only events go.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    # A person waits for the first page, and by default the worker looks for work every 10 s only.
    "PREFECT_WORKER_QUERY_SECONDS": "1",
}


# Prefect's own names for "write each line of a log as JSON, in our form".
JSON_LOGS = {
    "PREFECT_LOGGING_FORMATTERS_JSON_CLASS": "flows.lifecycle.logs.json_lines.JsonLines",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
}

# What each child is told beside what any program needs. The simulators are told nothing.
PREFECT_PREFIXES = ("PREFECT_", "DO_NOT_TRACK")
SERVER = PREFECT_PREFIXES
DASHBOARD = (
    *("PRFLOW_HOME", "PRFLOW_WAREHOUSE_", "PRFLOW_DASHBOARD_", "PRFLOW_GITHUB_SIMULATED", *WAREHOUSE_PREFIXES),
    "PRFLOW_LOGIN_",
    *("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_KEY", "PREFECT_UI_URL", "DO_NOT_TRACK", "STREAMLIT_"),
    FLAGS,
)
API = (
    *("PRFLOW_HOME", "PRFLOW_WAREHOUSE_", "PRFLOW_API_", *WAREHOUSE_PREFIXES, FLAGS),
    *("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_KEY", "DO_NOT_TRACK"),
)
SIMULATORS = frozenset({"github", "llm", "jira"})
# For the dashboard alone: with the first two anybody could write the cookie of a login.
DASHBOARD_SECRETS = frozenset(
    {"PRFLOW_LOGIN_CLIENT_SECRET", "PRFLOW_LOGIN_COOKIE_SECRET", "PRFLOW_DASHBOARD_METRICS_TOKEN"}
)


def real_environment(home: Path, addresses: Addresses, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of `prflow up`: the person's own, with prflow's home and servers."""
    return _with_prefect(dict(base), home, addresses) | {"PRFLOW_HOME": str(home)}


def demo_environment(home: Path, addresses: Addresses, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of `prflow demo`, with the simulators in place of GitHub and the model."""
    kept = {name: value for name, value in base.items() if not name.startswith((*real_prefixes(), *WAREHOUSE_PREFIXES))}
    return _with_prefect(kept, home, addresses) | {
        "PRFLOW_HOME": str(home),
        "PRFLOW_WAREHOUSE_CATALOG": "",
        "PRFLOW_WAREHOUSE_DATA": "",
        **simulated_github(addresses.github_url),
        **simulated_model(f"http://127.0.0.1:{addresses.llm_port}/v1"),
        **simulated_jira(addresses.jira_port),
    }


def without_onboarding(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a demo that begins with the set-up: its token is given there."""
    pages = {"PRFLOW_DASHBOARD_IS_SET_UP_DEMO": "true", "PRFLOW_DASHBOARD_HAS_SETTINGS": "true"}
    return {**environment, "GITHUB_TOKEN": "", **pages}


def child_environment(child: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the child of this name needs for its job, and no other.

    The worker, which runs the flows, and the set-up service are told tokens, keys and the channels of messages, and no
    other child; none is told those of a program that prflow does not know.
    """
    if child in SIMULATORS:
        return for_machine(environment)
    prefixes = {"server": SERVER, "dashboard": DASHBOARD, "api": API}.get(child) or (
        *PREFECT_PREFIXES,
        *real_prefixes(),
        *WAREHOUSE_PREFIXES,
    )
    known = {
        name: value for name, value in environment.items() if child == "dashboard" or name not in DASHBOARD_SECRETS
    }
    return for_machine(known) | for_network(known) | pick(known, (), prefixes)


def real_prefixes() -> tuple[str, ...]:
    """Return the prefixes of the variables that hold a person's real settings.

    The demo drops them: no real token may reach the simulators, and no simulated row a real warehouse. What the demo
    sets to an empty value takes precedence over `.env`.
    """
    return (OWN_PREFIX, *sources.variable_prefixes())


def simulated_github(url: str) -> dict[str, str]:
    """Return the variables that point every client of GitHub at the simulator."""
    return {
        "GITHUB_TOKEN": "demo-token",
        "GITHUB_API_URL": url,
        "GITHUB_GRAPHQL_URL": f"{url}/graphql",
        "PRFLOW_GITHUB_SIMULATED": "true",
    }


def simulated_model(url: str) -> dict[str, str]:
    """Return the variables that point every client of the model at the simulator."""
    return {
        "GROQ_API_KEY": "simulated",
        "PRFLOW_LLM_BASE_URL": url,
        "PRFLOW_LLM_PROVIDER": "simulated",
        "PRFLOW_LLM_MODEL": "simulated",
        # The simulator has no rate limit; the 30 requests a minute of a real provider would make the demo long.
        "PRFLOW_LLM_RPM": "6000",
    }


def simulated_jira(port: int | None) -> dict[str, str]:
    """Return the variables that point the client of Jira at the simulator; none unless the demo has one."""
    if port is None:
        return {}
    return {
        "ENABLE_JIRA_INTEGRATION": "true",
        "PRFLOW_JIRA_URL": f"http://127.0.0.1:{port}",
        "PRFLOW_JIRA_EMAIL": "bot@acme.example",
        "PRFLOW_JIRA_TOKEN": "simulated-token",
    }


def _own_server(port: int, password: str) -> dict[str, str]:
    """Return the variables of prflow's own server: its port, its password, and the only pages that may ask it."""
    return {
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_API_AUTH_STRING": password,
        OWN_SERVER: "true",
    }


def _with_prefect(environment: dict[str, str], home: Path, addresses: Addresses) -> dict[str, str]:
    """Add Prefect's variables. A person's own profile and API key are kept only for that person's own server."""
    if addresses.own_prefect_port is not None:
        environment = {name: value for name, value in environment.items() if not name.startswith("PREFECT_")}
        environment |= PREFECT | _own_server(addresses.own_prefect_port, addresses.prefect_password)
    return environment | {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": addresses.prefect_api_url,
        "PREFECT_WORKER_QUERY_SECONDS": PREFECT["PREFECT_WORKER_QUERY_SECONDS"],
        "DO_NOT_TRACK": "1",
        # Make `python` in prefect.yaml's command this interpreter, even if its virtual environment is not activated.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}",
        # A proxy for outside connections must not be used for this machine's own servers.
        **without_proxy(environment),
    }

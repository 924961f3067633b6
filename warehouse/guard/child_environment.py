"""What a child process is told of this process's environment: what it needs to run, and the variables of its job."""

from collections.abc import Iterable, Mapping

MACHINE = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "SYSTEMROOT"),
        *("LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"),
        *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LD_PRELOAD"),
    }
)
"""Where things are on this machine, and in which language and time zone it speaks."""
MACHINE_PREFIXES = ("LC_", "PYTHON", "MALLOC_", "OMP_", "POLARS_")

NETWORK = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
"""How to get to other machines. A proxy's variable comes in either case and may hold a password."""
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})

LOOPBACK = "127.0.0.1,localhost,::1"

WAREHOUSE_PREFIXES = ("PG", "AWS_", "DUCKDB_", "PRFLOW_S3_")
"""What DuckDB reads to reach a PostgreSQL catalog or an object store."""


def for_machine(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep what any program needs, and no setting of a person."""
    return pick(environment, MACHINE, MACHINE_PREFIXES)


def for_network(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep what a program needs that calls another machine."""
    return {name: value for name, value in environment.items() if name in NETWORK or name.upper() in PROXIES}


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which no proxy is asked for this machine's own servers: it would see their password.

    Programs differ in which case counts, so both are given the same.
    """
    given = [value for name in ("NO_PROXY", "no_proxy") if (value := environment.get(name))]
    hosts = dict.fromkeys(host.strip() for value in (*given, LOOPBACK) for host in value.split(","))
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(filter(None, hosts)))


def pick(environment: Mapping[str, str], names: Iterable[str], prefixes: tuple[str, ...] = ()) -> dict[str, str]:
    """Keep the variables of these names, and those that begin so."""
    kept = frozenset(names)
    return {name: value for name, value in environment.items() if name in kept or name.startswith(prefixes)}

"""Data files in an object store: which server, how buckets are addressed, and where the keys come from.

Keys in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) are used as they are. Without them AWS's own chain of
credentials is asked: profiles, single sign-on, roles of a web identity, a container or a machine; what it finds expires
and is fetched again by itself.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from warehouse.settings import WarehouseSettings

OPTIONS = {
    "s3_access_key_id": "KEY_ID",
    "s3_secret_access_key": "SECRET",
    "s3_session_token": "SESSION_TOKEN",
    "s3_region": "REGION",
    "s3_endpoint": "ENDPOINT",
    "s3_use_ssl": "USE_SSL",
    "s3_url_style": "URL_STYLE",
    "s3_requester_pays": "REQUESTER_PAYS",
    "s3_kms_key_id": "KMS_KEY_ID",
}
"""DuckDB's settings for S3, and the option of a secret that takes the place of each."""
KEYS = ("s3_access_key_id", "s3_secret_access_key", "s3_session_token")
NOT_OF_A_CHAIN = (*KEYS, "s3_requester_pays")
# Without VALIDATION a bucket that anybody may read could not be opened; REFRESH asks the chain again for expired keys.
CHAIN = "PROVIDER credential_chain, REFRESH auto, VALIDATION 'none'"


def is_remote(data_path: str) -> bool:
    return "://" in data_path


def extensions(data_path: str, environment: Mapping[str, str]) -> list[str]:
    """Return the extensions of DuckDB that the data files need."""
    if not is_remote(data_path):
        return []
    return ["httpfs"] if has_keys(environment) else ["httpfs", "aws"]


def has_keys(environment: Mapping[str, str]) -> bool:
    """Return whether the keys stand in the environment, where DuckDB reads them by itself."""
    return any(environment.get(name) for name in ("AWS_SECRET_ACCESS_KEY", "DUCKDB_S3_SECRET_ACCESS_KEY"))


def secret(settings: WarehouseSettings, found: Mapping[str, str]) -> str:
    """Return the statement that makes the secret, of the settings and of what DuckDB found in the environment."""
    values = {name: value for name, value in {**found, **_own(settings)}.items() if value and name in OPTIONS}
    provider = [] if values.get("s3_secret_access_key") else [CHAIN]
    if provider:
        values = {
            name: value for name, value in values.items() if name not in NOT_OF_A_CHAIN and not _is_default(name, value)
        }
    options = [f"{OPTIONS[name]} '{_quoted(value)}'" for name, value in values.items()]
    return f"CREATE SECRET (TYPE s3, {', '.join([*provider, *options])})"


def _own(settings: WarehouseSettings) -> dict[str, str]:
    """Return what the settings of prflow say, which take precedence over variables of DuckDB and AWS."""
    own = {"s3_region": settings.s3_region, "s3_url_style": settings.s3_url_style or ""}
    if settings.s3_endpoint:
        server = urlsplit(settings.s3_endpoint)
        own |= {"s3_endpoint": server.netloc, "s3_use_ssl": str(server.scheme == "https").lower()}
        # `bucket.10.0.0.5` is no name: servers other than Amazon's take the bucket in the path.
        own["s3_url_style"] = own["s3_url_style"] or "path"
    return {name: value for name, value in own.items() if value}


def _is_default(name: str, value: str) -> bool:
    """Return whether a value is DuckDB's own and would only hide what the profile of the chain says."""
    return (name, value) in {("s3_region", "us-east-1"), ("s3_endpoint", "s3.amazonaws.com")}


def _quoted(text: str) -> str:
    return text.replace("'", "''")

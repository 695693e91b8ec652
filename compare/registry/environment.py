"""The environment that a service is started with: the contract's settings, each of them chosen."""

import os
from collections.abc import Mapping

from compare.registry.services import SETTINGS_PREFIXES, Service

POOL_SIZE = 16
THREAD_LIMIT = 16

# What a service must not take from the reader's shell: the contract's settings, what would change
# its server behind our back, proxies, which cannot reach our loopback addresses, certificates,
# which plain HTTP needs none of, and where libpq looks for a database, which the URL says.
SETTINGS: tuple[str, ...] = (
    "ASYNC_MODEL",
    "DATABASE_URL",
    "DATABASE_POOL_SIZE",
    "DATABASE_TIMEOUT_SECONDS",
)
SETTINGS += ("THREAD_LIMIT", "UPSTREAMS_URL", "UPSTREAM_TIMEOUT_SECONDS", "API_TOKEN")
SETTINGS += ("REUSE_THREADS", "POSTGRESQL_DRIVER")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# libpq's variables begin with PG; these keep the password of a server of the reader's out of a URL.
LIBPQ_PASSWORDS = ("PGPASSWORD", "PGPASSFILE")


def settings(
    service: Service, database_url: str, upstreams_url: str, **overrides: str
) -> dict[str, str]:
    """Give the settings of the contract that a service is started with; API_TOKEN only if given.

    The keywords are setting names in capitals, such as UPSTREAM_TIMEOUT_SECONDS="0.5".
    """
    return {
        "ASYNC_MODEL": service.async_model,
        "DATABASE_URL": database_url,
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
        "DATABASE_TIMEOUT_SECONDS": "5",
        "THREAD_LIMIT": str(THREAD_LIMIT),
        "UPSTREAMS_URL": upstreams_url,
        "UPSTREAM_TIMEOUT_SECONDS": "1.0",
        **service.settings,
    } | overrides


def environment(chosen: Mapping[str, str]) -> dict[str, str]:
    """Give the reader's environment with exactly the chosen settings in it."""
    left_out = (*SETTINGS, *PROXIES, *CERTIFICATES)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in left_out
        and not name.startswith(SETTINGS_PREFIXES)
        and not is_of_libpq(name)
    }
    return kept | dict(chosen)


def is_of_libpq(name: str) -> bool:
    """Whether a variable changes which database libpq finds, or how; passwords do not."""
    return name.startswith("PG") and name not in LIBPQ_PASSWORDS

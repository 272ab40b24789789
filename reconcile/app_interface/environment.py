"""Environment variables of the HTTP libraries, checked before anything is sent.

The libraries find out late that a file of authorities is missing, each in its own way: ``requests`` by an ``OSError``,
OpenSSL by trusting nobody, without a word. And they quote an address of a proxy that they do not understand, password
included.
"""

import os
import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from reconcile.app_interface.errors import EnvironmentFault
from reconcile.credentials import remember

OF_REQUESTS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""For the GraphQL server and Vault; the first that is set counts."""
OF_VAULT = ("VAULT_CACERT", "VAULT_CAPATH")
OF_OPENSSL = ("SSL_CERT_FILE",)
"""For clusters."""


def check(graphql: str, vault: str | None, environ: Mapping[str, str] = os.environ) -> None:
    """Check what applies to these servers, given by their addresses, and to clusters.

    Raises:
        EnvironmentFault: with each variable that is unusable.
    """
    servers = [server for server in (graphql, vault) if server]
    faults = [
        *_authorities(servers, with_vault=vault is not None, environ=environ),
        *_proxies(servers, environ),
    ]
    if faults:
        raise EnvironmentFault(faults)


def _authorities(servers: Iterable[str], *, with_vault: bool, environ: Mapping[str, str]) -> Iterator[str]:
    used = list(OF_OPENSSL)
    if any(server.startswith("https:") for server in servers):
        used += [name for name in OF_REQUESTS if environ.get(name)][:1]
        used += OF_VAULT if with_vault else ()
    for name in used:
        named = environ.get(name)
        reason = _unusable(Path(named), folder=name not in OF_OPENSSL) if named else ""
        if reason:
            yield f"{name} names {named}, which {reason}; correct or unset this environment variable"


def _unusable(path: Path, *, folder: bool) -> str:
    """Why no authorities can be read from this file, or from this directory where `folder`; empty if they can."""
    try:
        if folder and path.is_dir():
            next(path.iterdir(), None)
        else:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return "contains no certificate in PEM"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        return f"cannot be read ({reason.lower()})"
    return ""


def _proxies(servers: Iterable[str], environ: Mapping[str, str]) -> Iterator[str]:
    used = {select_proxy(server, get_environ_proxies(server)) for server in servers}
    for proxy in used - {None}:
        remember(str(proxy).rpartition("@")[0].rpartition(":")[2])
        if not _is_address(str(proxy)):
            names = [name for name, value in environ.items() if value == proxy] or ["HTTPS_PROXY"]
            yield (
                f"{' and '.join(sorted(names))} is not the address of a proxy; write http://HOST:PORT or "
                "http://USER:PASSWORD@HOST:PORT, with special characters of the password percent-encoded"
            )


def _is_address(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        _ = parts.port  # refuses what is not a number
    except ValueError:
        return False
    # A password with a slash, a question mark or a hash ends the host for urllib.
    return bool(parts.hostname) and "@" not in f"{parts.path}{parts.query}{parts.fragment}"

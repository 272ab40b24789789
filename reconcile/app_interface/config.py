"""The configuration file: TOML, in the layout that integrations of app-interface share.

::

    [graphql]
    server = "https://app-interface.example.com/graphql"
    token = "Basic ..."                     # optional; sent as it is

    [vault]                                 # where app-interface keeps secrets in Vault
    server = "https://vault.example.com"
    role_id = "..."                         # AppRole ...
    secret_id = "..."
    kube_auth_role = "..."                  # ... or the service account of the pod
    kube_auth_mount = "..."

    [skupper]
    instance = "example"                    # which app-interface this is; part of every ownership label

    [kubernetes]
    certificate_authority = "ca.pem"        # optional: trusted besides the system's authorities

    [creds.cluster-a]                       # the secret `path: creds/cluster-a` where Vault is not used
    server = "https://api.cluster-a.example.com:6443"
    token = "..."

Tables that are not named above are secrets. Relative paths count from the file's own folder. All mistakes
of a file are reported together, by table and key, never with a value, since any value may be a secret.
"""

import os
import re
import shlex
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from reconcile.app_interface.config_tables import Graphql, Kubernetes, Skupper, Table, Vault, header_value
from reconcile.app_interface.errors import ConfigError, ConfigFault
from reconcile.credentials import remember

SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""Where Kubernetes mounts the token of a pod's service account."""

_OURS = ("graphql", "skupper", "vault", "kubernetes")
"""Tables with a meaning of their own; the others are secrets."""
_PLACE = re.compile(r"\((at line \d+, column \d+|at end of document)\)")

Model = TypeVar("Model", bound=Table)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration file that has been read and found correct."""

    file: Path
    graphql: Graphql
    skupper: Skupper
    vault: Vault | None = None
    certificate_authority: Path | None = None
    """PEM file of authorities that clusters' certificates may also be signed by."""
    service_account_token: Path = SERVICE_ACCOUNT_TOKEN
    """File with the token for ``kube_auth_role``: environment variable ``KUBE_SA_TOKEN_PATH``."""
    exposed: str = ""
    """What is wrong with the permissions of the file, with the next step; empty if nothing is."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The whole file; the tables of secrets are looked up in it."""


def read(file: Path | str, environ: Mapping[str, str] = os.environ) -> Config:
    """Read ``file``.

    Raises:
        ConfigError: with every mistake found in it.
    """
    file = Path(file)
    document = _parse(file)
    faults: list[ConfigFault] = list(_stray_keys(document))
    graphql = _table(Graphql, "graphql", document, faults, required=True)
    skupper = _table(Skupper, "skupper", document, faults, required=True)
    vault = _table(Vault, "vault", document, faults)
    kubernetes = _table(Kubernetes, "kubernetes", document, faults)
    for credential in (graphql and graphql.token, vault and vault.secret_id):
        if credential:
            remember(credential.get_secret_value())
    authority = _authority(kubernetes, file, faults)
    faults += _bad_tokens(document)
    if faults or graphql is None or skupper is None:
        raise ConfigError(file, faults)
    return Config(
        file=file,
        graphql=graphql,
        skupper=skupper,
        vault=vault,
        certificate_authority=authority,
        service_account_token=Path(environ.get("KUBE_SA_TOKEN_PATH") or SERVICE_ACCOUNT_TOKEN),
        exposed=_exposed(file, document),
        document=document,
    )


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        fault = ConfigFault(
            "", "", f"cannot be read ({error.strerror})", "name the file with --config or QONTRACT_CONFIG"
        )
    except UnicodeDecodeError:
        fault = ConfigFault("", "", "is not text in UTF-8", "save it in that encoding")
    except RecursionError:
        fault = ConfigFault("", "", "is nested too deeply", "write one table per secret, as [creds.a]")
    except ValueError as error:
        # Of the parser's words only the place: others may quote the file. A number of 5000 digits has none.
        found = _PLACE.search(str(error)) if isinstance(error, tomllib.TOMLDecodeError) else None
        fault = ConfigFault(
            "",
            "",
            f"is not TOML: {found[1]}" if found else "is not TOML",
            "correct that line: values are quoted text",
        )
    raise ConfigError(file, [fault])


def _exposed(file: Path, document: Mapping[str, Any]) -> str:
    """Say whether others may read or write a file with credentials that is ours to protect.

    One of another owner is not: in a pod, whoever mounts the file gives us access as its group or as others.
    """
    found = file.stat()
    if not _has_credentials(document) or not found.st_mode & 0o077 or found.st_uid != os.geteuid():
        return ""
    mode = stat.S_IMODE(found.st_mode)
    return (
        f"{file} holds credentials and is open to group or others (mode {mode:04o}); "
        f"run: chmod 600 {shlex.quote(str(file))}"
    )


def _has_credentials(document: Mapping[str, Any]) -> bool:
    return bool(
        document["graphql"].get("token")
        or document.get("vault", {}).get("secret_id")
        or any(_holds_text(table) for name, table in document.items() if name not in _OURS)
    )


def _holds_text(table: Mapping[str, Any]) -> bool:
    return any(
        _holds_text(value) if isinstance(value, dict) else isinstance(value, str) for value in table.values()
    )


def _stray_keys(document: Mapping[str, Any]) -> Iterator[ConfigFault]:
    for key, value in document.items():
        if not isinstance(value, dict):
            yield ConfigFault("", key, "is not inside a table", "move it below the [table] it belongs to")


def _bad_tokens(document: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[ConfigFault]:
    """Faults of the tokens of clusters: tables with ``server`` and ``token``, as secrets of clusters are."""
    token, server = document.get("token"), document.get("server")
    if len(path) > 1 and isinstance(token, str) and isinstance(server, str):
        try:
            # Line ends around it are dropped where it is sent.
            header_value(token.strip())
        except ValueError as error:
            yield ConfigFault(".".join(path), "token", str(error), "write the token as it was issued")
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _bad_tokens(value, (*path, key))


def _table(
    model: type[Model],
    name: str,
    document: Mapping[str, Any],
    faults: list[ConfigFault],
    *,
    required: bool = False,
) -> Model | None:
    content = document.get(name, {} if required else None)
    if not isinstance(content, dict):
        return None  # absent, or already reported as a stray key
    # A table inside this one that is not a key of it is a secret, as [vault.creds] for `path: vault/creds`.
    keys = {key: value for key, value in content.items() if key in model.model_fields or not _is_table(value)}
    try:
        return model.model_validate(keys)
    except ValidationError as error:
        faults.extend(_fault(model, name, dict(found)) for found in error.errors(include_input=False))
        return None


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _fault(model: type[Table], table: str, found: Mapping[str, Any]) -> ConfigFault:
    key = str(found["loc"][0]) if found["loc"] else ""
    known = model.model_fields
    match found["type"]:
        case "extra_forbidden":
            close = get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
            return ConfigFault(table, key, "is unknown", hint)
        case "missing":
            return ConfigFault(table, key, "is missing", str(known[key].description))
        case "value_error":
            hint = str(known[key].description) if key else "complete one of the two and leave out the other"
            return ConfigFault(table, key, str(found["ctx"]["error"]), hint)
        case _:
            return ConfigFault(table, key, "must be text", str(known[key].description))


def _authority(kubernetes: Kubernetes | None, file: Path, faults: list[ConfigFault]) -> Path | None:
    if kubernetes is None or kubernetes.certificate_authority is None:
        return None
    path = (file.parent / kubernetes.certificate_authority).resolve()
    if not path.is_file():
        hint = str(Kubernetes.model_fields["certificate_authority"].description)
        faults.append(ConfigFault("kubernetes", "certificate_authority", f"there is no file {path}", hint))
    return path

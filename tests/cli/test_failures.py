"""No credential is printed, whatever exception a library throws and wherever it throws it."""

import json
import ssl
import threading
import tomllib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
import requests
import urllib3
from pydantic import SecretStr

from reconcile.app_interface import client, config, vault
from reconcile.app_interface.config_tables import Vault
from reconcile.app_interface.secrets import SecretReference
from reconcile.cli import failures, main
from reconcile.cli.exits import Failed, handle_errors
from reconcile.credentials import HIDDEN
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift import tls
from reconcile.openshift.access import Access, Retries
from reconcile.openshift.client import Client
from reconcile.openshift.errors import ClusterError
from reconcile.skupper.v1 import token_data
from tests.cli.libraries import CANARY, classes, with_canary
from tests.cli.processes import errors_of
from tests.openshift.loopback import Visit, closed_port, sends, serving

ONCE = Retries(attempts=1)
NOBODY = "https://127.0.0.1:1"
CONFIG = f"""
[graphql]
server = "https://127.0.0.1:1/graphql"
token = "Basic {CANARY}"
[skupper]
instance = "example"
[vault]
server = "https://127.0.0.1:1"
role_id = "{CANARY}"
secret_id = "{CANARY}"
[creds.a]
server = "https://127.0.0.1:1"
token = "{CANARY}"
"""


@dataclass(frozen=True)
class Place:
    """A call into a library, and what of ours leads there."""

    library: Any
    function: str
    action: Callable[[Path], object]

    def __str__(self) -> str:
        return f"{self.action.__name__}-{self.function}"


def config_file(folder: Path) -> object:
    return config.read(folder / "config.toml")


def graphql_server(folder: Path) -> object:
    timeouts = client.GraphqlTimeouts(retries=ONCE)
    with client.Client(
        "https://127.0.0.1:1/graphql", token=SecretStr(f"Basic {CANARY}"), timeouts=timeouts
    ) as server:
        server.pin()
    return None


def graphql_query(folder: Path, url: str = NOBODY) -> object:
    timeouts = client.GraphqlTimeouts(retries=ONCE)
    with client.Client(f"{url}/graphql", token=SecretStr(f"Basic {CANARY}"), timeouts=timeouts) as server:
        return server.ask("{ a }")


def vault_server(folder: Path, url: str = NOBODY) -> object:
    settings = Vault(server=url, role_id=CANARY, secret_id=SecretStr(CANARY))
    reader = vault.VaultReader(settings, service_account_token=folder / "token", retries=ONCE)
    return reader.entries(SecretReference("creds/a", "token"))


def cluster(folder: Path, url: str = NOBODY) -> object:
    with Client(Access("a", url, CANARY), retries=ONCE) as opened:
        return reported(opened.list, CONFIG_MAP)


def secrets_of_a_cluster(folder: Path) -> object:
    body = {"items": [{"metadata": {"name": "a"}, "data": {"tls.key": CANARY}}], "metadata": {}}
    with serving(sends(body)) as server, Client(Access("a", server.url, CANARY), retries=ONCE) as opened:
        return [str(secret.get("kind")) for secret in reported(opened.list, SECRET)]


def secret_for_a_cluster(folder: Path) -> object:
    secret = {"metadata": {"name": "a", "namespace": "b"}, "data": {"tls.key": CANARY}}
    with Client(Access("a", "https://127.0.0.1:1", CANARY), retries=ONCE) as opened:
        return reported(opened.create, SECRET, secret)


def token_of_a_site(folder: Path) -> object:
    content = b64encode(CANARY.encode()).decode()
    raise Failed(str(token_data.read(dict.fromkeys(token_data.LARGEST, content), "")))


def reported(call: Callable[..., Any], *arguments: object) -> Any:
    """What a request to a cluster returns; its error becomes a line, as in a run."""
    try:
        return call(*arguments)
    except ClusterError as error:
        raise Failed(str(error)) from error


def authorities(folder: Path) -> object:
    return tls.context(None, insecure=False)


PLACES = [
    Place(tomllib, "loads", config_file),
    Place(Path, "read_text", config_file),
    Place(requests.adapters.HTTPAdapter, "send", graphql_server),
    Place(requests.adapters.HTTPAdapter, "send", graphql_query),
    Place(urllib3.HTTPConnectionPool, "urlopen", graphql_query),
    Place(requests.Response, "text", graphql_query),
    Place(requests.adapters.HTTPAdapter, "send", vault_server),
    Place(urllib3.HTTPConnectionPool, "urlopen", vault_server),
    Place(urllib3.HTTPConnectionPool, "urlopen", cluster),
    Place(json, "loads", secrets_of_a_cluster),
    Place(json, "dumps", secret_for_a_cluster),
    Place(token_data.x509, "load_pem_x509_certificates", token_of_a_site),
    Place(ssl, "create_default_context", authorities),
]


def repeats(visit: Visit) -> None:
    """Answer with what was sent, as debugging proxies and careless webhooks do."""
    sent = f"refused {visit.headers.get('authorization')} {visit.body.decode()}"
    errors = {"errors": [{"message": sent}] if "graphql" in visit.target else [sent]}
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": sent,
        "code": 400,
        **errors,
    }
    visit.answer(400, json.dumps(status).encode())


def test_a_server_that_repeats_a_credential_is_not_quoted_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    config.read(tmp_path / "config.toml")
    with serving(repeats) as server:
        actions = [partial(action, tmp_path, server.url) for action in (graphql_query, vault_server, cluster)]
        said = [output_of(action, capsys) for action in actions]
    assert [HIDDEN in text for text in said] == [True, True, True]
    assert CANARY not in "".join(said)


@pytest.mark.parametrize("action", [graphql_query, vault_server, cluster])
def test_no_credential_of_the_environment_is_printed(
    action: Callable[..., object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / ".netrc").write_text(f"default login someone password {CANARY}")
    (tmp_path / ".vault-token").write_text(CANARY)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://someone:{CANARY}@127.0.0.1:{closed_port()}")
    for name, value in {"HOME": str(tmp_path), "VAULT_TOKEN": CANARY, "KUBECONFIG": CANARY}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    said = output_of(partial(action, tmp_path, "https://api.example.invalid"), capsys)
    assert said.startswith("Error: ")
    assert CANARY not in said


UNEXPECTED = {*classes()} - {EOFError}
"""Without the end of an input, for which click prints a word of its own."""


def output_of(action: Callable[[], object], capsys: pytest.CaptureFixture[str], level: str = "DEBUG") -> str:
    """What a command prints that does this, and that it ends with exit code 0 or 1."""
    from reconcile.report import logs

    logs.set_up(level)
    command = click.Command("plan", callback=handle_errors(action))
    with pytest.raises(SystemExit) as end, failures.as_one_line():
        command.main([])
    assert end.value.code == 1
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_no_exception_of_a_library_brings_a_credential_to_the_output(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    config.read(tmp_path / "config.toml")  # as every command does first
    tls._trusting.cache_clear()
    leaks = []
    for kind in classes():
        with monkeypatch.context() as patched:
            patched.setattr(place.library, place.function, throwing(place, with_canary(kind)))
            said = output_of(lambda: place.action(tmp_path), capsys)
        if CANARY.lower() in said.lower() or "Traceback" in said or not said.strip():
            leaks.append((kind, said))
    assert leaks == []


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
@pytest.mark.parametrize("kind", sorted(UNEXPECTED, key=str), ids=lambda kind: kind.__qualname__)
def test_an_unexpected_exception_is_one_line_with_class_and_place(
    kind: type[BaseException], level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = output_of(lambda: thrower(with_canary(kind)), capsys, level)
    assert CANARY not in said
    assert said.startswith("Error: ")
    assert "in tests.cli.test_failures:" in said.splitlines()[0]
    assert (len(said.splitlines()) == 1) == (level == "INFO")


def throwing(place: Place, error: BaseException) -> Callable[..., object]:
    """Raises in place of the library, but not in threads that ran before: simulated clusters use it as well."""
    original = getattr(place.library, place.function)
    others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}

    def call(*args: object, **options: object) -> object:
        return original(*args, **options) if threading.get_ident() in others else thrower(error)

    return call


def thrower(error: BaseException, *_: object, **__: object) -> None:
    raise error


def test_the_line_names_class_and_function_and_how_to_get_more(capsys: pytest.CaptureFixture[str]) -> None:
    said = output_of(lambda: thrower(requests.exceptions.InvalidHeader(CANARY)), capsys, "INFO")
    assert "unexpected requests.exceptions.InvalidHeader in tests.cli.test_failures:" in said
    assert "(thrower)" in said
    assert "QONTRACT_LOG_LEVEL=DEBUG" in said


def test_an_error_of_the_system_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    said = output_of(lambda: thrower(OSError(24, CANARY, CANARY)), capsys)
    assert "unexpected OSError (too many open files)" in said


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(CANARY), "out of memory"),
        (RecursionError(CANARY), "the data is nested too deeply"),
        (RuntimeError("can't start new thread"), "no more threads can be started"),
    ],
)
def test_exhausted_resources_are_named_with_what_to_do(
    error: Exception, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = output_of(lambda: thrower(error), capsys, "INFO")
    assert said.startswith(f"Error: {text} in tests.cli.test_failures:")
    assert CANARY not in said


def test_the_net_is_around_all_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(click.Group, "invoke", lambda *_: thrower(ValueError(CANARY)))
    with pytest.raises(SystemExit) as end:
        main(["plan"])
    assert end.value.code == 1
    assert CANARY not in capsys.readouterr().err


def test_nothing_is_quoted_outside_of_commands() -> None:
    said = errors_of(f"""
import logging, threading, warnings
from reconcile.cli import failures
failures.install()
class Failing:
    def __del__(self): raise ValueError("{CANARY}")
thread = threading.Thread(target=lambda: int("{CANARY}"))
thread.start(); thread.join()
del thread
Failing()
logging.getLogger("library").warning("{CANARY}")
logging.warning("%d", "{CANARY}")
warnings.warn("{CANARY}")
raise ValueError("{CANARY}")
""")
    assert CANARY not in said
    assert said.count("Error: unexpected ValueError in __main__:") == 2

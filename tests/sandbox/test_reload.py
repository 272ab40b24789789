"""A sandbox whose data change while it runs: faults are named, and what is new in the data exists afterwards."""

import re
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconcile.kinds import CONFIG_MAP, NAMESPACE
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.sandbox.embedded import Sandbox, Source
from tests.bundle.sources import SCHEMAS
from tests.end_to_end.cli_harness import data_of

CLUSTER = "app-sre-stage-01"
FOLDER = "services/skupper-vault/namespaces"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path]]:
    """A running sandbox and its datafiles."""
    folder = tmp_path_factory.mktemp("box")
    data = data_of(folder, "vault")
    with Sandbox(Source(data, SCHEMAS), folder / "sandbox") as made:
        yield made, data / "data"


def reload(sandbox: Sandbox) -> tuple[int, str]:
    assert sandbox.graphql
    address = sandbox.graphql.address.removesuffix("/graphql") + "/reload"
    try:
        with urllib.request.urlopen(address, data=b"", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_faults_are_named_and_the_data_from_before_stay(box: tuple[Sandbox, Path]) -> None:
    sandbox, data = box
    (data / "x.yml").write_text("---\n$schema: /app-sre/product-1.yml\nnam: x\n")
    status, text = reload(sandbox)
    (data / "x.yml").unlink()
    assert status == 503
    assert "the data from before is still served" in text
    assert f"{data}/x.yml:3: error: unknown key 'nam'; did you mean 'name'? [unknown-key] at nam\n" in text
    assert reload(sandbox) == (200, "")


def test_a_new_cluster_needs_a_restart_and_is_named(box: tuple[Sandbox, Path]) -> None:
    sandbox, data = box
    new = data / "openshift/new/cluster.yml"
    new.parent.mkdir()
    text = (data / f"openshift/{CLUSTER}/cluster.yml").read_text().replace(CLUSTER, "new")
    new.write_text(re.sub("serverUrl: .*", "serverUrl: https://new.example.com", text))
    status, text = reload(sandbox)
    new.unlink()
    assert status == 503
    assert "cluster new is new; restart the sandbox to simulate it" in text


def test_a_new_namespace_exists_and_accounts_may_write_to_it(box: tuple[Sandbox, Path]) -> None:
    sandbox, data = box
    known = next((data / FOLDER).glob(f"*.{CLUSTER}.yml"))
    name = known.name.removesuffix(f".{CLUSTER}.yml")
    known.with_name(f"another.{CLUSTER}.yml").write_text(
        known.read_text().replace(f"name: {name}", "name: another")
    )
    assert reload(sandbox) == (200, "")
    assert sandbox.clusters[CLUSTER].find(NAMESPACE, "another")  # type: ignore[attr-defined]
    config = tomllib.loads(sandbox.config.read_text())
    token = next(
        value for key, value in entries(config, sandbox.clusters[CLUSTER].url).items() if "token" in key
    )
    access = Access(CLUSTER, sandbox.clusters[CLUSTER].url, token, str(sandbox.authorities))
    with Client(access, field_manager="test") as client:
        assert client.create(CONFIG_MAP, {"metadata": {"name": "x", "namespace": "another"}})


def entries(table: dict, url: str) -> dict[str, str]:
    """The secret of the integrations for a server, wherever it is in the configuration."""
    if table.get("server") == url:
        return table
    found = (entries(each, url) for each in table.values() if isinstance(each, dict))
    return next(filter(None, found), {})

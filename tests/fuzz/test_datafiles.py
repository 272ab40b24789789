"""Whatever a datafile holds, checking the data ends with findings that can be shown."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconcile.app_interface.bundle.building import build
from reconcile.app_interface.bundle.checking import check
from tests.bundle.sources import COMMIT, FIXTURES, SCHEMAS, TIMESTAMP
from tests.fuzz.bodies import JSON, TEXT

FILES = {
    "network": "dependencies/skupper/vault.yml",
    "namespace": "services/skupper-vault/namespaces/skupper-vault-net.app-sre-stage-01.yml",
    "cluster": "openshift/app-sre-stage-01/cluster.yml",
    "settings": "app-interface/settings.yml",
}
ONE_TREE = settings(
    # A check of the whole tree takes a tenth of a second: few examples, and a failing one is shown as it was drawn.
    max_examples=settings().max_examples // 12,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def paths(document: Any) -> list[tuple[Any, ...]]:
    """The way to every value of a document, the document itself among them."""
    below: Any = ()
    if isinstance(document, dict | list):
        below = document.items() if isinstance(document, dict) else enumerate(document)
    return [(), *((key, *way) for key, value in below for way in paths(value))]


def put(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at the end of a way."""
    if not way:
        return value
    made = copy.copy(document)
    made[way[0]] = put(document[way[0]], way[1:], value)
    return made


@st.composite
def spoiled(draw: st.DrawFn, name: str) -> bytes:
    """A datafile with another value somewhere, or one under a key that it does not have, of any kind."""
    document = yaml.safe_load((FIXTURES / "data" / FILES[name]).read_bytes())
    value = draw(JSON)
    if draw(st.booleans()):
        document[draw(TEXT)] = value
    else:
        document = put(document, draw(st.sampled_from(paths(document))), value)
    # JSON is YAML, and can say more of what should not be in it.
    return json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the fixtures."""
    return Path(shutil.copytree(FIXTURES / "data", tmp_path_factory.mktemp("tree") / "data"))


def findings_with(tree: Path, name: str, content: bytes) -> list[str]:
    """What is said of the tree while one of its files has this content."""
    file = tree / FILES[name]
    healthy = file.read_bytes()
    file.write_bytes(content)
    try:
        return [
            str(finding.message)
            for finding in check(build(tree, FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP))
        ]
    finally:
        file.write_bytes(healthy)


@pytest.mark.parametrize("name", FILES)
@ONE_TREE
@given(data=st.data())
def test_any_value_in_a_datafile_is_accepted_or_said(tree: Path, name: str, data: st.DataObject) -> None:
    for message in findings_with(tree, name, data.draw(spoiled(name))):
        assert message
        message.encode()


@pytest.mark.parametrize(
    ("name", "way", "value"),
    [
        ("namespace", ("networkPoliciesAllow",), [{"$ref": []}]),
        ("namespace", ("cluster", "$ref"), {}),
        ("cluster", ("spec", "product"), {"a": 1}),
        ("cluster", ("automationToken", "path"), []),
    ],
)
def test_a_list_or_mapping_in_place_of_a_text_is_a_fault(
    tree: Path, name: str, way: tuple[str, ...], value: object
) -> None:
    document = yaml.safe_load((FIXTURES / "data" / FILES[name]).read_bytes())
    assert findings_with(tree, name, json.dumps(put(document, way, value)).encode())


@ONE_TREE
@given(content=st.binary(max_size=60) | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_as_a_datafile_are_a_fault(tree: Path, content: bytes) -> None:
    assert findings_with(tree, "network", content)

"""Bundles in the published format, in both directions."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from reconcile.app_interface.bundle import loading
from reconcile.app_interface.bundle.building import SourceMissingError, build
from reconcile.app_interface.bundle.loading import NotABundleError, load
from reconcile.app_interface.bundle.model import locate
from reconcile.app_interface.bundle.validation import validate
from reconcile.findings import Finding
from tests.bundle.sources import COMMIT, FIXTURES, SCHEMAS, TIMESTAMP, freshly_made, from_fixtures

VAULT = "/dependencies/skupper/vault.yml"


@pytest.fixture(scope="module")
def content() -> Any:
    return json.loads(from_fixtures().text)


def test_the_parts_are_those_of_the_published_format(content: Any) -> None:
    assert sorted(content) == [
        "data",
        "git_commit",
        "git_commit_timestamp",
        "graphql",
        "resources",
        "schemas",
    ]
    assert (content["git_commit"], content["git_commit_timestamp"]) == (COMMIT, TIMESTAMP)


def test_every_datafile_is_there_under_its_path(content: Any) -> None:
    files = {f"/{file.relative_to(FIXTURES / 'data')}" for file in (FIXTURES / "data").rglob("*.yml")}
    assert content["data"].keys() == files


def test_the_text_is_compact_sorted_json_with_a_newline() -> None:
    text = from_fixtures().text
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) + "\n"


def test_the_sha_is_that_of_the_file() -> None:
    bundle = from_fixtures()
    assert bundle.sha256 == hashlib.sha256(bundle.text.encode()).hexdigest()


def test_the_same_files_give_the_same_sha() -> None:
    assert freshly_made().sha256 == freshly_made().sha256


def test_a_schema_that_was_changed_is_read_again(tmp_path: Path) -> None:
    shutil.copytree(SCHEMAS, tmp_path / "schemas")

    def title() -> str:
        made = build(FIXTURES / "data", FIXTURES / "resources", tmp_path / "schemas", COMMIT, TIMESTAMP)
        return made.schemas["/openshift/cluster-1.yml"]["title"]

    file = tmp_path / "schemas" / "schemas" / "openshift" / "cluster-1.yml"
    before = title()
    file.write_text(file.read_text().replace(f"title: {before}", "title: another one"))
    assert (before, title()) == ("Cluster", "another one")


def test_datafiles_carry_the_checksum_of_their_text(content: Any) -> None:
    file = FIXTURES / "data" / VAULT[1:]
    assert content["data"][VAULT]["$file_sha256sum"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_resources_carry_what_the_server_needs(content: Any) -> None:
    path = "/services/skupper-vault/vault.service.yaml"
    text = (FIXTURES / "resources" / path[1:]).read_text()
    assert content["resources"][path] == {
        "path": path,
        "content": text,
        "sha256sum": hashlib.sha256(text.encode()).hexdigest(),
        "$schema": None,
        "backrefs": [],
    }


def test_the_specification_that_basic_schemas_name_is_part_of_the_bundle(content: Any) -> None:
    specification = content["schemas"]["/json-schema-spec-draft-06.json"]
    assert specification["$schema"] == "/json-schema-spec-draft-06.json"
    assert "definitions" in specification


def test_a_bundle_survives_being_written_and_loaded() -> None:
    made = from_fixtures()
    loaded = load(made.text)
    assert (loaded.data, loaded.resources, loaded.schemas) == (made.data, made.resources, made.schemas)
    assert (loaded.sha256, loaded.git_commit, loaded.git_commit_timestamp) == (made.sha256, COMMIT, TIMESTAMP)


def test_a_loaded_bundle_is_as_sound_as_it_was() -> None:
    assert validate(load(from_fixtures().text)) == []


def test_a_bundle_may_hold_schemas_and_data_of_others(content: Any) -> None:
    schema = {
        "$schema": "/metaschema-1.json", "version": "1.0", "type": "object", "additionalProperties": False,
        "properties": {"$schema": {"type": "string", "enum": ["/aws/account-1.yml"]}, "uid": {"type": "string"}},
    }  # fmt: skip
    extended = {
        **content,
        "data": {**content["data"], "/aws/main.yml": {"$schema": "/aws/account-1.yml", "uid": "1"}},
        "schemas": {**content["schemas"], "/aws/account-1.yml": schema},
        "made_by": "somebody else",
    }
    assert validate(load(json.dumps(extended, indent=2))) == []


def test_findings_in_a_loaded_bundle_have_a_path_but_no_line() -> None:
    bundle = load(from_fixtures().text)
    assert locate(bundle, Finding("x", "y", datafile=VAULT, pointer=("config",))) == (VAULT, 0)


def test_findings_are_located_in_files_on_disk() -> None:
    finding = Finding("x", "y", datafile=VAULT, pointer=("config", "routerMemory"))
    file, line = locate(from_fixtures(), finding)
    assert Path(file) == FIXTURES / "data" / VAULT[1:]
    assert Path(file).read_text().splitlines()[line - 1] == "  routerMemory: 128Mi"


def test_a_place_that_a_file_does_not_hold_is_located_at_the_nearest_one_that_it_does() -> None:
    finding = Finding("x", "y", datafile=VAULT, pointer=("config", "routers", "none"))
    file, line = locate(from_fixtures(), finding)
    assert Path(file).read_text().splitlines()[line - 1] == "config:"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes in line 1, column 2"),
        ("[]", "the outermost value is not an object"),
        ('{"data": {}, "resources": {}}', "it has no 'schemas'"),
        ('{"data": {"/a.yml": 1}, "resources": {}, "schemas": {}}', "/a.yml in 'data' is not an object"),
        ('{"data": {}, "resources": {}, "schemas": {}}', "no GraphQL types"),
        (
            '{"data": {"/a.yml": {}}, "resources": {}, "schemas": {}, "graphql": []}',
            "/a.yml has no \\$schema",
        ),
    ],
)
def test_what_is_no_bundle_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NotABundleError, match=reason):
        load(text)


def test_hidden_files_and_other_kinds_of_files_are_no_datafiles(tmp_path: Path) -> None:
    for name in (".hidden.yml", ".git/config.yml", "README.md", "a.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("$schema: /x-1.yml\n")
    bundle = build(tmp_path, tmp_path / "none", SCHEMAS, COMMIT, TIMESTAMP)
    assert list(bundle.data) == ["/a.yml"]


def test_resources_of_any_kind_are_taken_and_their_schema_is_found(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text("---\n$schema: /rule-1.yml\n\na: {{ b }}\n")
    (tmp_path / "note.txt").write_bytes(b"$schema: /note-1.yml\ncaf\xe9\n")
    resources = build(FIXTURES / "data", tmp_path, SCHEMAS, COMMIT, TIMESTAMP).resources
    assert resources["/rule.yaml"]["$schema"] == "/rule-1.yml"
    assert resources["/note.txt"]["$schema"] is None
    assert resources["/note.txt"]["content"] == "$schema: /note-1.yml\ncaf�\n"


def test_directories_that_are_named_like_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "data/a.yml").mkdir(parents=True)
    bundle = build(tmp_path / "data", tmp_path / "none", SCHEMAS, COMMIT, TIMESTAMP)
    assert (bundle.faults, bundle.data) == ((), {})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "a.yml").touch(mode=0)
    bundle = build(tmp_path, tmp_path / "none", SCHEMAS, COMMIT, TIMESTAMP)
    assert [(each.rule, each.datafile) for each in bundle.faults] == [("unreadable", "/a.yml")]


def test_line_ends_do_not_change_a_checksum(tmp_path: Path) -> None:
    (tmp_path / "unix.yml").write_bytes(b"$schema: /x-1.yml\na: 1\n")
    (tmp_path / "dos.yml").write_bytes(b"$schema: /x-1.yml\r\na: 1\r\n")
    data = build(tmp_path, tmp_path / "none", SCHEMAS, COMMIT, TIMESTAMP).data
    assert data["/dos.yml"] == data["/unix.yml"]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"no directory of datafiles: .*/nowhere does not exist"):
        build(tmp_path / "nowhere", tmp_path, SCHEMAS, COMMIT, TIMESTAMP)


def test_a_directory_without_schemas_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"no directory of schemas: .*/schemas does not exist"):
        build(FIXTURES / "data", tmp_path, tmp_path, COMMIT, TIMESTAMP)


def deep(levels: int) -> str:
    return '{"data": {"/a.yml": {"$schema": "/a-1.yml", "a": ' + "[" * levels + "]" * levels + "}}}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (deep(300), "nested too deeply"),
        (deep(100_000), "nested too deeply"),
        ('{"data": ' + "9" * 5000 + "}", "not a bundle"),
    ],
)
def test_a_bundle_that_would_end_the_process_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NotABundleError, match=reason):
        load(text)


def test_a_file_without_end_is_no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_SIZE", 1 << 20)
    with pytest.raises(NotABundleError, match="more than 1048576 bytes"):
        loading.read(Path("/dev/zero"))


@pytest.mark.parametrize(
    "inner",
    [
        '"$ref": /app-sre/product-1.yml',
        'oneOf: [{"$ref": /app-sre/product-1.yml}]',
        '"$ref": "#/definitions/a"\ndefinitions: {a: {"$ref": "#/definitions/a"}}',
    ],
)
def test_a_schema_that_refers_to_itself_is_a_finding(inner: str, tmp_path: Path) -> None:
    shutil.copytree(SCHEMAS, tmp_path / "schemas")
    head = '---\n"$schema": /metaschema-1.json\nversion: "1.0"\ntype: object\n'
    (tmp_path / "schemas/schemas/app-sre/product-1.yml").write_text(head + inner)
    bundle = build(FIXTURES / "data", FIXTURES / "resources", tmp_path / "schemas", COMMIT, TIMESTAMP)
    assert any("refers to itself without end" in each.message for each in validate(bundle))

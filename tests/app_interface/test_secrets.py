"""Secrets out of the configuration file, and what all readers share."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reconcile.app_interface import config
from reconcile.app_interface.errors import ConfigError, SecretMalformed, SecretNotFound
from reconcile.app_interface.secret_readers import reader
from reconcile.app_interface.secrets import (
    CachingReader,
    Entries,
    Format,
    SecretReader,
    SecretReference,
    hidden,
    read,
)

COMMON = Path(__file__).parents[2] / "schemas/schemas/common-1.json"
PATTERN = (
    json.loads(COMMON.read_text())["definitions"]["vaultSecret"]["properties"]["path"][
        "pattern"
    ].removesuffix("$")
    + r"\Z"
)
VALUE = "kept-to-itself"
BEGINNING = '[graphql]\nserver = "http://localhost/graphql"\n[skupper]\ninstance = "example"\n'

Make = Callable[[str], SecretReader]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def from_tables(tables: str) -> SecretReader:
        file = tmp_path / "config.toml"
        file.write_text(BEGINNING + tables)
        return reader(config.read(file, environ={}), vault=False)

    return from_tables


class Counting:
    """A reader that counts."""

    def __init__(self) -> None:
        self.asked: list[SecretReference] = []

    def entries(self, reference: SecretReference) -> Entries:
        self.asked.append(reference)
        return hidden({"token": VALUE})


def test_a_path_walks_the_tables_of_the_file(make: Make) -> None:
    secrets = make(f'[creds.cluster-a]\ntoken = "{VALUE}"\n')
    assert read(secrets, SecretReference("creds/cluster-a", "token")).get_secret_value() == VALUE


def test_a_version_means_nothing_to_the_file(make: Make) -> None:
    secrets = make(f'[creds.a]\ntoken = "{VALUE}"\n')
    assert read(secrets, SecretReference("creds/a", "token", version=7)).get_secret_value() == VALUE


@pytest.mark.parametrize("path", ["creds/b", "creds/a/token", "creds/a/deeper", "other"])
def test_a_missing_table_is_named(make: Make, tmp_path: Path, path: str) -> None:
    secrets = make(f'[creds.a]\ntoken = "{VALUE}"\n')
    with pytest.raises(SecretNotFound) as caught:
        read(secrets, SecretReference(path, "token"))
    assert f"{tmp_path}/config.toml has no table [{path.replace('/', '.')}]" in str(caught.value)


def test_a_missing_field_is_named_beside_those_there_are(make: Make) -> None:
    secrets = make(f'[creds.a]\ntokn = "{VALUE}"\nserver = "s"\n')
    with pytest.raises(SecretNotFound, match=r"secret creds/a has no text field token .*server, tokn"):
        read(secrets, SecretReference("creds/a", "token"))


def test_an_empty_field_is_no_secret(make: Make) -> None:
    with pytest.raises(SecretNotFound, match="an empty field token"):
        read(make('[creds.a]\ntoken = ""\n'), SecretReference("creds/a", "token"))


def test_a_number_is_no_secret(make: Make) -> None:
    with pytest.raises(SecretNotFound, match="no text field token") as caught:
        read(make("[creds.a]\ntoken = 123454321\n"), SecretReference("creds/a", "token"))
    assert "123454321" not in str(caught.value)


@pytest.mark.parametrize("wrap", [False, True])
def test_a_value_in_base64_is_decoded(make: Make, wrap: bool) -> None:
    text = VALUE * 10
    encoded = (base64.encodebytes if wrap else base64.b64encode)(text.encode()).decode()
    secrets = make(f'[creds.a]\ntoken = """{encoded}"""\n')
    reference = SecretReference("creds/a", "token", format=Format.BASE64)
    assert read(secrets, reference).get_secret_value() == text


@pytest.mark.parametrize("value", ["not base64!", "abc", "/w=="])
def test_what_is_not_base64_is_refused(make: Make, value: str) -> None:
    secrets = make(f'[creds.a]\ntoken = "{value}"\n')
    with pytest.raises(SecretMalformed, match="secret creds/a: field token") as caught:
        read(secrets, SecretReference("creds/a", "token", format=Format.BASE64))
    assert value not in str(caught.value)


def test_no_repr_shows_a_value(make: Make) -> None:
    secrets = make(f'[creds.a]\ntoken = "{VALUE}"\n')
    reference = SecretReference("creds/a", "token")
    value = read(secrets, reference)
    assert VALUE not in f"{value} {value!r} {secrets!r} {secrets.entries(reference)!r}"


def test_a_secret_is_read_once() -> None:
    counting = Counting()
    secrets = CachingReader(counting)
    for field in ("token", "token", "server"):
        secrets.entries(SecretReference("creds/a", field))
    assert len(counting.asked) == 1


def test_each_version_is_a_secret_of_its_own() -> None:
    counting = Counting()
    secrets = CachingReader(counting)
    for version in (None, 1, 2, 1):
        secrets.entries(SecretReference("creds/a", "token", version))
    assert [each.version for each in counting.asked] == [None, 1, 2]


def test_secrets_in_vault_need_the_table_vault(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BEGINNING)
    with pytest.raises(ConfigError, match=r"\[vault\]: is missing.*`vault: true`; add the table"):
        reader(config.read(file, environ={}), vault=True)


@pytest.mark.parametrize(
    "path",
    ["", "/", "a//b", "//a/b", "a/b//", ".", "a/.", "a/../b", "../a", "a/..", "a/%2e%2e/b", "a%2fb", "a\\b", "a?b",
     "a#b", "a/b\n", "a\x1b/b"],
)  # fmt: skip
def test_a_path_that_may_lead_elsewhere_is_refused_by_reader_and_schema(path: str) -> None:
    with pytest.raises(SecretNotFound, match="the path must be names"):
        SecretReference(path, "token").segments  # noqa: B018
    assert not re.search(PATTERN, path)


@pytest.mark.parametrize("path", ["a/b", "/a/b/", "a", "a/b.c/..d/e...", "app sre/creds_1"])
def test_other_paths_are_accepted_by_reader_and_schema(path: str) -> None:
    assert SecretReference(path, "token").segments == path.strip("/").split("/")
    assert re.search(PATTERN, path)

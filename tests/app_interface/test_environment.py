"""Environment variables that would fail somewhere inside a library are named at once."""

import os
from pathlib import Path

import pytest

from reconcile.app_interface import environment
from reconcile.app_interface.errors import EnvironmentFault
from tests.openshift.certificates import Authority

GRAPHQL, VAULT = "https://graphql.example.com/graphql", "https://vault.example.com"
PASSWORD = "kept-to-itself"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().endswith("_PROXY") or name in {
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "SSL_CERT_FILE",
        }:
            monkeypatch.delenv(name)


def fault(vault: str | None = None, graphql: str = GRAPHQL) -> str:
    with pytest.raises(EnvironmentFault) as caught:
        environment.check(graphql, vault)
    return str(caught.value)


def test_without_variables_there_is_nothing_to_say() -> None:
    environment.check(GRAPHQL, VAULT)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "VAULT_CACERT"])
def test_a_file_that_is_missing_is_named_with_its_variable(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "/nonexistent.pem")
    assert fault(VAULT) == (
        f"{name} names /nonexistent.pem, which cannot be read (no such file or directory); "
        "correct or unset this environment variable"
    )


def test_a_file_without_certificates_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    assert f"REQUESTS_CA_BUNDLE names {file}, which contains no certificate in PEM" in fault()


def test_all_variables_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent.pem")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://[")
    assert len(fault().splitlines()) == 3


def test_a_file_with_certificates_and_a_directory_are_legal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", Authority.make(tmp_path).file)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    environment.check(GRAPHQL, VAULT)


def test_a_directory_in_place_of_a_file_of_openssl_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    assert f"SSL_CERT_FILE names {tmp_path}, which cannot be read (is a directory)" in fault()


def test_a_variable_that_is_not_used_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent.pem")
    monkeypatch.setenv("VAULT_CACERT", "/nonexistent.pem")
    environment.check("http://localhost:4000/graphql", None)


@pytest.mark.parametrize(
    "value",
    [
        f"http://user:{PASSWORD}/x@proxy:3128",
        f"http://user:{PASSWORD}#x@proxy:3128",
        f"http://user:1?{PASSWORD}@proxy:3128",
        f"http://user:{PASSWORD}@proxy:port",
        f"http://user:{PASSWORD}@[::1",
        f"user:{PASSWORD}/x@proxy:3128",
        f"http://user:{PASSWORD}@",
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_that_is_no_address_is_named_without_its_password(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    said = fault()
    assert said.startswith(f"{name} is not the address of a proxy; write http://HOST:PORT")
    assert PASSWORD not in said


def test_a_proxy_that_is_not_asked_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://[")
    monkeypatch.setenv("NO_PROXY", "example.com")
    environment.check(GRAPHQL, VAULT)


@pytest.mark.parametrize("value", ["http://proxy:3128", "proxy:3128", f"http://user:{PASSWORD}@[::1]:3128/"])
def test_a_proxy_with_an_address_is_legal(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    environment.check(GRAPHQL, VAULT)

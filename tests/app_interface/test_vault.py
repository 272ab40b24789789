"""Secrets out of Vault: both log-ins, both engines, and every way to be refused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconcile.app_interface import config
from reconcile.app_interface.config import Config
from reconcile.app_interface.config_tables import Vault as Settings
from reconcile.app_interface.errors import (
    SecretError,
    SecretForbidden,
    SecretMalformed,
    SecretNotFound,
    SecretStoreError,
)
from reconcile.app_interface.secret_readers import reader
from reconcile.app_interface.secrets import SecretReference, read
from reconcile.app_interface.vault import VaultReader
from tests.openshift.certificates import Authority
from tests.openshift.loopback import Loopback, Visit, closed_port, sends, serving

from .vault_server import ROLE_ID, SECRET_ID, SERVICE_ACCOUNT, Vault, refusal, serving_vault

VALUE = "kept-to-itself"
SECRET = {"server": "https://a.example.com", "token": VALUE}
PLAIN = SecretReference("app-sre/creds/a", "token")
VERSIONED = SecretReference("team/creds/a", "token")

Make = Callable[..., VaultReader]


def reset(visit: Visit) -> None:
    visit.reset()


@pytest.fixture
def vault() -> Vault:
    return Vault(
        plain={"app-sre/creds/a": SECRET},
        versioned={
            "team/creds/a": [{"token": "first"}, {"token": VALUE}],
            "team/gone": [{"token": "x"}, None],
        },
    )


@pytest.fixture
def server(vault: Vault) -> Iterator[Loopback]:
    with serving_vault(vault) as server:
        yield server


@pytest.fixture
def make(server: Loopback, pauses: list[float], tmp_path: Path) -> Make:
    """A reader of the server; keywords replace settings."""

    def with_settings(address: str = server.url, **settings: str) -> VaultReader:
        login = settings or {"role_id": ROLE_ID, "secret_id": SECRET_ID}
        token = tmp_path / "token"
        return VaultReader(
            Settings.model_validate({"server": address, **login}),
            service_account_token=token,
            timeout=2,
            sleep=pauses.append,
        )

    return with_settings


def value(secrets: VaultReader, reference: SecretReference) -> str:
    return read(secrets, reference).get_secret_value()


def test_an_engine_without_versions_is_read(make: Make) -> None:
    assert value(make(), PLAIN) == VALUE


def test_an_engine_with_versions_gives_the_latest(make: Make) -> None:
    assert value(make(), VERSIONED) == VALUE


def test_a_version_can_be_asked_for(make: Make) -> None:
    assert value(make(), SecretReference("team/creds/a", "token", version=1)) == "first"


def test_a_version_means_nothing_to_an_engine_without(make: Make) -> None:
    assert value(make(), SecretReference("app-sre/creds/a", "token", version=9)) == VALUE


def test_a_pod_logs_in_with_its_service_account(make: Make, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SERVICE_ACCOUNT + "\n")
    assert value(make(kube_auth_role=ROLE_ID, kube_auth_mount="cluster-a"), PLAIN) == VALUE


def test_a_missing_service_account_token_is_named(make: Make, tmp_path: Path) -> None:
    secrets = make(kube_auth_role=ROLE_ID, kube_auth_mount="cluster-a")
    with pytest.raises(SecretStoreError, match=f"{tmp_path}/token.*KUBE_SA_TOKEN_PATH"):
        secrets.entries(PLAIN)


def test_one_log_in_and_one_look_at_the_mount_serve_all_secrets(make: Make, server: Loopback) -> None:
    secrets = make()
    for _ in range(2):
        secrets.entries(VERSIONED)
    assert [visit.path for visit in server.visits] == [
        "/v1/auth/approle/login",
        "/v1/sys/internal/ui/mounts/team",
        "/v1/team/data/creds/a",
        "/v1/team/data/creds/a",
    ]


def test_nothing_is_asked_before_a_secret_is_needed(make: Make, server: Loopback) -> None:
    make()
    assert server.visits == []


def test_the_token_of_whoever_runs_this_is_not_used(
    make: Make, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "personal")
    make().entries(PLAIN)
    assert "personal" not in {visit.headers.get("x-vault-token") for visit in server.visits}


def test_no_password_of_a_netrc_file_is_sent(
    make: Make, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    make().entries(PLAIN)
    assert not [visit for visit in server.visits if "authorization" in visit.headers]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (SecretReference("app-sre/creds/none", "token"), SecretNotFound),
        (SecretReference("team/creds/none", "token"), SecretNotFound),
        (SecretReference("team/creds/a", "token", version=3), SecretNotFound),
        (SecretReference("team/gone", "token"), SecretNotFound),
        (SecretReference("app-sre", "token"), SecretNotFound),
        (SecretReference("unknown-mount/a", "token"), SecretForbidden),
    ],
)
def test_a_missing_secret_is_named(
    make: Make, reference: SecretReference, expected: type[SecretError]
) -> None:
    with pytest.raises(expected, match=reference.path):
        make().entries(reference)


@pytest.mark.parametrize("reference", [PLAIN, VERSIONED])
def test_a_forbidden_secret_is_named(make: Make, vault: Vault, reference: SecretReference) -> None:
    vault.forbidden.add(reference.path)
    with pytest.raises(
        SecretForbidden, match=f"{reference.path} in http.*permission denied.*vault token capabilities"
    ):
        make().entries(reference)


def test_a_missing_field_is_named_without_values(make: Make) -> None:
    with pytest.raises(SecretNotFound, match=r"no text field tokn \(other fields: server, token\)") as caught:
        read(make(), SecretReference("app-sre/creds/a", "tokn"))
    assert VALUE not in str(caught.value)


def test_one_bad_secret_does_not_spoil_the_others(make: Make, vault: Vault) -> None:
    secrets = make()
    vault.forbidden.add(PLAIN.path)
    with pytest.raises(SecretForbidden):
        secrets.entries(PLAIN)
    assert value(secrets, VERSIONED) == VALUE


@pytest.mark.parametrize(
    "fault", [reset, refusal(500, "internal error"), refusal(502), refusal(503, "Vault is sealed")]
)
def test_a_fault_that_may_pass_is_tried_again(
    make: Make, vault: Vault, pauses: list[float], fault: Callable[[Visit], object]
) -> None:
    vault.faults = [fault, fault]
    assert value(make(), PLAIN) == VALUE
    assert pauses == [0.5, 1.0]


def test_a_refused_log_in_is_not_tried_again(make: Make, pauses: list[float]) -> None:
    with pytest.raises(
        SecretStoreError, match=r"rejected our login: invalid role or secret ID; check \[vault\]"
    ):
        make(role_id=ROLE_ID, secret_id=VALUE).entries(PLAIN)
    assert pauses == []


def test_a_refused_log_in_is_remembered(make: Make, server: Loopback) -> None:
    secrets = make(role_id=ROLE_ID, secret_id=VALUE)
    for _ in range(3):
        with pytest.raises(SecretStoreError):
            secrets.entries(PLAIN)
    assert len(server.visits) == 1


def test_an_outage_is_waited_for_once_only(make: Make, pauses: list[float]) -> None:
    secrets = make(f"http://127.0.0.1:{closed_port()}")
    for _ in range(3):
        with pytest.raises(
            SecretStoreError, match=r"no connection \(Connection refused\); check server in \[vault\]"
        ):
            secrets.entries(PLAIN)
    assert len(pauses) == 4


def test_a_sealed_vault_is_reported_in_its_own_words(make: Make, vault: Vault) -> None:
    vault.faults = [refusal(503, "Vault is sealed")] * 5
    with pytest.raises(SecretStoreError, match="Vault is sealed"):
        make().entries(PLAIN)


def test_a_certificate_of_an_unknown_authority_is_not_tried_again(
    make: Make, pauses: list[float], tmp_path: Path
) -> None:
    context = Authority.make(tmp_path).server()
    with serving(sends({}), context=context) as strange, pytest.raises(SecretStoreError, match="TLS"):
        make(strange.url).entries(PLAIN)
    assert pauses == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"null", b'{"auth": null}'])
def test_what_is_no_vault_is_reported(make: Make, body: bytes) -> None:
    refused = pytest.raises(SecretStoreError, match="the response is not from Vault")
    with serving(lambda visit: visit.answer(200, body)) as strange, refused:
        make(strange.url).entries(PLAIN)


def test_an_engine_of_another_kind_is_refused(make: Make, vault: Vault) -> None:
    vault.plain["app-sre/creds/list"] = ["a"]  # type: ignore[assignment]
    with pytest.raises(SecretMalformed, match=r"app-sre/creds/list .*not a key-value secret"):
        make().entries(SecretReference("app-sre/creds/list", "token"))


@pytest.mark.parametrize("sealed", [False, True])
def test_no_error_shows_what_we_log_in_with(make: Make, vault: Vault, sealed: bool) -> None:
    vault.faults = [refusal(503, "Vault is sealed")] * 5 if sealed else []
    secrets = make(role_id=ROLE_ID, secret_id=VALUE)
    with pytest.raises(SecretStoreError) as caught:
        secrets.entries(PLAIN)
    assert VALUE not in f"{caught.value} {caught.value!r} {secrets!r}"


def test_the_configuration_leads_to_vault(server: Loopback, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[graphql]\nserver = "http://localhost/graphql"\n[skupper]\ninstance = "example"\n'
        f'[vault]\nserver = "{server.url}"\nrole_id = "{ROLE_ID}"\nsecret_id = "{SECRET_ID}"\n'
    )
    settings: Config = config.read(file, environ={})
    secrets = reader(settings, vault=True)
    for _ in range(2):
        assert read(secrets, VERSIONED).get_secret_value() == VALUE
    assert len(server.visits) == 3

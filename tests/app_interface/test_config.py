"""The configuration file: what is read, and how every mistake is named."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconcile.app_interface import config
from reconcile.app_interface.config import Config
from reconcile.app_interface.errors import ConfigError

Write = Callable[[str], Path]

GRAPHQL = '[graphql]\nserver = "https://app-interface.example.com/graphql"\n'
SKUPPER = '[skupper]\ninstance = "example"\n'
SECRET = "kept-to-itself"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        file = tmp_path / "config.toml"
        file.write_text(text)
        return file

    return to_file


def read(write: Write, text: str) -> Config:
    return config.read(write(text), environ={})


def faults(write: Write, text: str) -> dict[tuple[str, str], str]:
    """What is said about each table and key."""
    with pytest.raises(ConfigError) as caught:
        read(write, text)
    return {(fault.table, fault.key): str(fault) for fault in caught.value.faults}


def test_the_smallest_file_names_a_server_and_an_instance(write: Write) -> None:
    found = read(write, GRAPHQL + SKUPPER)
    assert found.graphql.server == "https://app-interface.example.com/graphql"
    assert found.graphql.token is None
    assert found.skupper.instance == "example"
    assert (found.vault, found.certificate_authority) == (None, None)


def test_the_token_is_kept_as_written(write: Write) -> None:
    found = read(write, GRAPHQL + 'token = "Basic abc="\n' + SKUPPER)
    assert found.graphql.token is not None
    assert found.graphql.token.get_secret_value() == "Basic abc="


def test_a_trailing_slash_of_the_server_is_dropped(write: Write) -> None:
    found = read(write, '[graphql]\nserver = "http://localhost:4000/graphql/"\n' + SKUPPER)
    assert found.graphql.server == "http://localhost:4000/graphql"


def test_no_secret_shows_in_the_repr(write: Write) -> None:
    text = f"""
        [graphql]
        server = "http://localhost/graphql"
        token = "{SECRET}"
        [skupper]
        instance = "example"
        [vault]
        server = "https://vault.example.com"
        role_id = "role"
        secret_id = "{SECRET}"
        [creds.a]
        token = "{SECRET}"
    """
    assert SECRET not in repr(read(write, text))


def test_tables_that_are_not_ours_are_legal(write: Write) -> None:
    found = read(write, GRAPHQL + SKUPPER + '[creds.a]\ntoken = "t"\n[smtp]\nport = 25\n')
    assert found.document["creds"]["a"]["token"] == "t"


def test_a_secret_may_lie_in_a_table_below_one_of_ours(write: Write) -> None:
    found = read(write, GRAPHQL + SKUPPER + '[graphql.creds]\ntoken = "t"\n')
    assert found.document["graphql"]["creds"]["token"] == "t"


def test_the_authority_lies_beside_the_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    found = read(write, GRAPHQL + SKUPPER + '[kubernetes]\ncertificate_authority = "ca.pem"\n')
    assert found.certificate_authority == (tmp_path / "ca.pem").resolve()


def test_an_absolute_authority_is_taken_as_it_is(write: Write, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "ca.pem").touch()
    text = GRAPHQL + SKUPPER + f'[kubernetes]\ncertificate_authority = "{elsewhere}/ca.pem"\n'
    assert read(write, text).certificate_authority == (elsewhere / "ca.pem").resolve()


def test_the_service_account_token_can_be_named_by_the_environment(write: Write) -> None:
    found = config.read(write(GRAPHQL + SKUPPER), environ={"KUBE_SA_TOKEN_PATH": "/run/token"})
    assert found.service_account_token == Path("/run/token")


@pytest.mark.parametrize(
    "login",
    [
        'role_id = "r"\nsecret_id = "s"\n',
        'kube_auth_role = "r"\nkube_auth_mount = "m"\n',
    ],
)
def test_vault_takes_either_way_to_log_in(write: Write, login: str) -> None:
    vault = read(write, GRAPHQL + SKUPPER + '[vault]\nserver = "https://vault.example.com/"\n' + login).vault
    assert vault is not None
    assert vault.server == "https://vault.example.com"


@pytest.mark.parametrize(
    "login",
    [
        "",
        'role_id = "r"\n',
        'role_id = "r"\nkube_auth_mount = "m"\n',
        'role_id = "r"\nsecret_id = "s"\nkube_auth_role = "r"\nkube_auth_mount = "m"\n',
        'role_id = "r"\nsecret_id = "s"\nkube_auth_role = "r"\n',
    ],
)
def test_vault_needs_exactly_one_way_to_log_in(write: Write, login: str) -> None:
    said = faults(write, GRAPHQL + SKUPPER + '[vault]\nserver = "https://vault.example.com"\n' + login)
    assert "exactly one way to log in" in said["vault", ""]


def test_all_mistakes_are_reported_together(write: Write) -> None:
    text = "[graphql]\nserver = 1\n[skupper]\ninstanse = 'a'\n[vault]\nrole_id = 'r'\nsecret_id = 's'\n"
    assert set(faults(write, text)) == {
        ("graphql", "server"),
        ("skupper", "instance"),
        ("skupper", "instanse"),
        ("vault", "server"),
    }


def test_a_mistake_names_file_table_key_and_next_step(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(write, SKUPPER)
    assert str(caught.value) == (
        f'{tmp_path}/config.toml: [graphql] server: is missing; write server = "https://HOST/graphql"'
    )


def test_a_misspelt_key_is_recognised(write: Write) -> None:
    said = faults(write, GRAPHQL + 'tokn = "x"\n' + SKUPPER)
    assert said["graphql", "tokn"] == "[graphql] tokn: is unknown; did you mean token?"


def test_a_strange_key_is_answered_with_the_known_ones(write: Write) -> None:
    said = faults(write, GRAPHQL + "zzz = 1\n" + SKUPPER)
    assert said["graphql", "zzz"].endswith("known keys: token, server")


def test_a_key_outside_of_any_table_is_a_mistake(write: Write) -> None:
    said = faults(write, 'instance = "example"\n' + GRAPHQL + SKUPPER)
    assert "is not inside a table" in said["", "instance"]


def test_a_value_where_a_table_belongs_is_a_mistake(write: Write) -> None:
    assert ("", "vault") in faults(write, 'vault = "x"\n' + GRAPHQL + SKUPPER)


@pytest.mark.parametrize(
    "server",
    [
        "app-interface.example.com/graphql",
        "ftp://app-interface.example.com/graphql",
        "https:///graphql",
        "https://[::1/graphql",
        f"https://user:{SECRET}@app-interface.example.com/graphql",
        "https://app-interface.example.com/graphql?a=b",
        "https://app-interface.example.com/",
        "https://app-interface.example.com/graphqlsha/abc",
    ],
)
def test_the_server_must_be_a_plain_graphql_address(write: Write, server: str) -> None:
    said = faults(write, f'[graphql]\nserver = "{server}"\n' + SKUPPER)
    assert list(said) == [("graphql", "server")]
    assert SECRET not in said["graphql", "server"]


@pytest.mark.parametrize("instance", ["", "-a", "a-", "a b", "ä", "a/b", "a" * 64, "a\\n"])
def test_the_instance_must_be_a_label_value(write: Write, instance: str) -> None:
    assert "label" in faults(write, GRAPHQL + f'[skupper]\ninstance = "{instance}"\n')["skupper", "instance"]


@pytest.mark.parametrize("instance", ["a", "App_Interface.1-x", "a" * 63])
def test_any_label_value_is_an_instance(write: Write, instance: str) -> None:
    assert read(write, GRAPHQL + f'[skupper]\ninstance = "{instance}"\n').skupper.instance == instance


def test_a_missing_authority_is_named(write: Write, tmp_path: Path) -> None:
    said = faults(write, GRAPHQL + SKUPPER + '[kubernetes]\ncertificate_authority = "no.pem"\n')
    assert f"there is no file {tmp_path}/no.pem" in said["kubernetes", "certificate_authority"]


def test_no_mistake_shows_a_value(write: Write) -> None:
    text = f'[graphql]\nserver = "{SECRET}"\ntoken = ["{SECRET}"]\nx = "{SECRET}"\n' + SKUPPER
    with pytest.raises(ConfigError) as caught:
        read(write, text)
    assert len(caught.value.faults) == 3
    assert SECRET not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"none\.toml: cannot be read \(No such file or directory\); .*--config"
    ):
        config.read(tmp_path / "none.toml")


def test_a_syntax_error_names_its_line(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"is not TOML: .*line 2"):
        read(write, "[graphql]\nserver = \n")


def test_text_in_another_encoding_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        config.read(file)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (f"Basic {SECRET}\\n", "character 21 is a line end"),
        (f"Basic {SECRET}\\r\\nX-Other: y", "character 21 is a line end"),
        (f"Basic \\u0000{SECRET}", "character 7 is a control character"),
        (f"Basic {SECRET}\\u0085", "character 21 is a control character"),
        (f"Basic “{SECRET}”", "character 7 is not in Latin-1"),
        (" ", "is empty"),
    ],
    ids=["line end", "second header", "null", "next line", "typographic quotes", "blank"],
)
def test_a_token_that_cannot_be_a_header_is_refused_without_its_value(
    value: str, reason: str, write: Write
) -> None:
    found = faults(write, f'{GRAPHQL}token = "{value}"\n{SKUPPER}')
    assert reason in found["graphql", "token"]
    assert SECRET not in str(found)


def test_a_token_that_cannot_be_a_header_is_reported_with_the_other_faults(write: Write) -> None:
    found = faults(
        write, f'{GRAPHQL}token = "a\\nb"\n[skupper]\ninstance = "-"\n[creds.a]\nserver = "s"\ntoken = "“"'
    )
    assert found.keys() == {("graphql", "token"), ("skupper", "instance"), ("creds.a", "token")}


def test_spaces_around_a_token_are_dropped(write: Write) -> None:
    found = read(write, GRAPHQL + 'token = " Basic abc= "\n' + SKUPPER).graphql.token
    assert found is not None
    assert found.get_secret_value() == "Basic abc="


def test_a_line_end_after_the_token_of_a_cluster_is_legal(write: Write) -> None:
    read(write, GRAPHQL + SKUPPER + '[creds.a]\nserver = "https://a"\ntoken = "abc\\n"\n')


@pytest.mark.parametrize(
    "line",
    [
        f"token = {SECRET}",
        f'token = "{SECRET}',
        f'token = "{SECRET}" {SECRET}',
        f'token = "\\{SECRET}"',
        f"token = '{SECRET}\n'",
        f'token.{SECRET} = 1\ntoken = "{SECRET}"',
        f"{SECRET}",
        f'{{"token": "{SECRET}"}}',
        "token = " + "9" * 5000,
        "token = " + "[" * 5000,
        "token = 2026-13-45",
    ],
)
def test_no_syntax_error_quotes_the_file(line: str, write: Write) -> None:
    found = faults(write, f"{SKUPPER}[graphql]\n{line}\n")
    assert not [text for text in found.values() if SECRET in text or "999" in text]


@pytest.mark.parametrize(
    "address", [f"https://user:{SECRET}@host/graphql", f"https://user:pass/{SECRET}@host/graphql"]
)
def test_an_address_with_a_password_is_not_quoted(address: str, write: Write) -> None:
    found = faults(write, f'[graphql]\nserver = "{address}"\n{SKUPPER}')
    assert "must not contain a user name or password" in found["graphql", "server"]
    assert SECRET not in str(found)


EXPOSED = 0o640


@pytest.mark.parametrize(
    "credentials",
    [
        f'{GRAPHQL}token = "Basic abc="\n',
        f'{GRAPHQL}[vault]\nserver = "https://v"\nrole_id = "a"\nsecret_id = "b"\n',
        f'{GRAPHQL}[creds.a]\nkey = "abc"\n',
    ],
    ids=["token", "secret_id", "secret"],
)
def test_credentials_that_others_can_read_are_reported_with_the_command_that_helps(
    credentials: str, write: Write
) -> None:
    file = write(credentials + SKUPPER)
    file.chmod(EXPOSED)
    found = config.read(file, environ={}).exposed
    assert found == (
        f"{file} holds credentials and is open to group or others (mode 0640); run: chmod 600 {file}"
    )


def test_a_file_for_its_owner_alone_is_not_reported(write: Write) -> None:
    file = write(f'{GRAPHQL}token = "Basic abc="\n{SKUPPER}')
    file.chmod(0o600)
    assert config.read(file, environ={}).exposed == ""


def test_a_file_without_credentials_may_be_read_by_all(write: Write) -> None:
    file = write(GRAPHQL + SKUPPER)
    file.chmod(EXPOSED)
    assert config.read(file, environ={}).exposed == ""


def test_a_file_of_another_owner_is_not_reported(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(f'{GRAPHQL}token = "Basic abc="\n{SKUPPER}')
    file.chmod(EXPOSED)
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    assert config.read(file, environ={}).exposed == ""

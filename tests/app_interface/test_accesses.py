"""The way into a cluster, and when there is none."""

from pathlib import Path

import pytest

from reconcile.app_interface.accesses import access
from reconcile.app_interface.definitions import ClusterCredentials
from reconcile.app_interface.errors import NoCredentials, SecretNotFound, WrongServer
from reconcile.app_interface.secrets import Entries, Format, SecretReference, hidden
from reconcile.openshift.access import Access
from reconcile.skupper.definitions import Cluster

SERVER = "https://api.a.example.com:6443"
TOKEN = "kept-to-itself"
CLUSTER = Cluster(name="a", server_url=SERVER, path="/openshift/a/cluster.yml")
CREDENTIALS = ClusterCredentials(
    automation=SecretReference("creds/a", "token"), admin=SecretReference("creds/a-admin", "token")
)


class Secrets:
    """A reader of what a test says."""

    def __init__(self, **secrets: dict[str, object]) -> None:
        self._secrets = {f"creds/{name.replace('_', '-')}": values for name, values in secrets.items()}

    def entries(self, reference: SecretReference) -> Entries:
        return hidden(self._secrets[reference.path])


def test_server_and_token_lead_into_the_cluster() -> None:
    secrets = Secrets(a={"server": SERVER, "token": TOKEN})
    assert access(CLUSTER, CREDENTIALS, secrets) == Access("a", SERVER, TOKEN)


def test_an_administrator_has_a_token_of_its_own() -> None:
    secrets = Secrets(a={"server": SERVER, "token": "ordinary"}, a_admin={"server": SERVER, "token": TOKEN})
    assert access(CLUSTER, CREDENTIALS, secrets, admin=True).token == TOKEN


def test_the_token_lies_in_the_field_that_the_data_names() -> None:
    secrets = Secrets(a={"server": SERVER, "key": TOKEN})
    credentials = ClusterCredentials(automation=SecretReference("creds/a", "key"))
    assert access(CLUSTER, credentials, secrets).token == TOKEN


def test_only_the_token_is_encoded_where_the_data_says_base64() -> None:
    secrets = Secrets(a={"server": SERVER, "token": "a2VwdC10by1pdHNlbGY="})
    credentials = ClusterCredentials(SecretReference("creds/a", "token", format=Format.BASE64))
    assert access(CLUSTER, credentials, secrets).token == TOKEN


def test_trust_follows_configuration_and_data() -> None:
    secrets = Secrets(a={"server": SERVER, "token": TOKEN})
    credentials = ClusterCredentials(SecretReference("creds/a", "token"), insecure=True)
    found = access(CLUSTER, credentials, secrets, ca_file=Path("/etc/ca.pem"))
    assert (found.ca_file, found.insecure) == ("/etc/ca.pem", True)


@pytest.mark.parametrize(("ours", "theirs"), [(SERVER, SERVER + "/"), (SERVER + "/", SERVER)])
def test_a_trailing_slash_makes_no_difference(ours: str, theirs: str) -> None:
    cluster = Cluster(name="a", server_url=ours)
    assert access(cluster, CREDENTIALS, Secrets(a={"server": theirs, "token": TOKEN})).server == SERVER


@pytest.mark.parametrize(
    "server",
    [
        "https://api.b.example.com:6443",
        "http://api.a.example.com:6443",
        "https://api.a.example.com",
        "https://api.a.example.com:6443/other",
        f"https://x:{TOKEN}@api.a.example.com:6443",
        "https://api.a.example.com:6443\u200b",
        "https://\u0430pi.a.example.com:6443",
        "api.a.example.com:6443",
    ],
)
def test_a_token_is_not_sent_to_another_server(server: str) -> None:
    with pytest.raises(WrongServer) as caught:
        access(CLUSTER, CREDENTIALS, Secrets(a={"server": server, "token": TOKEN}))
    shown = server.replace(f"x:{TOKEN}@", "***@").encode("unicode_escape").decode()
    assert shown != SERVER
    assert str(caught.value) == (
        f"cluster a: the token of {shown} (secret creds/a) is not sent to {SERVER} "
        "(serverUrl in /openshift/a/cluster.yml); correct the one that is wrong"
    )


@pytest.mark.parametrize(
    "server",
    [f"{SERVER}\n", f" {SERVER}", "HTTPS://api.a.example.com:6443", "https://API.A.example.com:6443/"],
)
def test_white_space_and_capitals_of_the_address_make_no_difference(server: str) -> None:
    assert access(CLUSTER, CREDENTIALS, Secrets(a={"server": server, "token": TOKEN})).server == SERVER


def test_the_default_port_makes_no_difference() -> None:
    cluster = Cluster(name="a", server_url="https://a.example.com:443")
    found = access(cluster, CREDENTIALS, Secrets(a={"server": "https://a.example.com", "token": TOKEN}))
    assert found.server == "https://a.example.com:443"


def test_a_password_with_a_slash_is_not_shown() -> None:
    with pytest.raises(WrongServer) as caught:
        access(
            CLUSTER, CREDENTIALS, Secrets(a={"server": f"https://x:{TOKEN}/y@a.example.com", "token": "t"})
        )
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("field", ["server", "token"])
def test_a_secret_needs_server_and_token(field: str) -> None:
    values: dict[str, object] = {"server": SERVER, "token": TOKEN}
    del values[field]
    with pytest.raises(SecretNotFound, match=f"secret creds/a has no text field {field}"):
        access(CLUSTER, CREDENTIALS, Secrets(a=values))


@pytest.mark.parametrize(
    ("admin", "field"), [(False, "automationToken"), (True, "clusterAdminAutomationToken")]
)
def test_a_cluster_without_token_is_named(admin: bool, field: str) -> None:
    with pytest.raises(NoCredentials, match=f"cluster a has neither {field} nor .* /openshift/a/cluster.yml"):
        access(CLUSTER, ClusterCredentials(), Secrets(), admin=admin)


def test_a_cluster_without_address_is_named() -> None:
    with pytest.raises(NoCredentials, match=r"cluster a has no serverUrl yet in /openshift/a/cluster\.yml"):
        access(Cluster(name="a", server_url="", path=CLUSTER.path), CREDENTIALS, Secrets())

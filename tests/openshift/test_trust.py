"""Certificates: checked always, unless the data of the cluster says otherwise."""

import warnings
from pathlib import Path

import pytest

from reconcile.kinds import CONFIG_MAP
from reconcile.openshift import tls
from reconcile.openshift.errors import Unreachable

from .certificates import DAY, NOW
from .loopback import listing, sends, serving


def refused(client):
    with pytest.raises(Unreachable) as caught:
        client.list(CONFIG_MAP)
    assert client.counts.retries == 0
    return caught.value


def test_the_authority_of_the_ca_file_is_trusted(connect, authority):
    with serving(sends(listing("a")), context=authority.server()) as server:
        assert len(connect(server.url, ca_file=authority.file).list(CONFIG_MAP).items) == 1


def test_an_unknown_authority_is_not_trusted(connect, authority, other_authority):
    with serving(sends(listing("a")), context=authority.server()) as server:
        error = refused(connect(server.url, ca_file=other_authority.file))
        assert error.reason.startswith(f"certificate of {server.host} is not valid: ")
        assert (
            error.hint
            == "add the CA that signed it to certificate_authority in [kubernetes] of the configuration"
        )
        assert server.visits == []


def test_without_a_ca_file_a_private_authority_is_not_trusted(connect, authority):
    with serving(sends(listing("a")), context=authority.server()) as server:
        refused(connect(server.url))
        assert server.visits == []


def test_an_expired_certificate_is_reported(connect, authority):
    with serving(sends(listing("a")), context=authority.server(until=NOW - DAY)) as server:
        error = refused(connect(server.url, ca_file=authority.file))
    assert error.reason == f"certificate of {server.host} is not valid: certificate has expired"
    assert error.hint == "renew it, or correct the clock of this machine"


def test_a_certificate_for_another_address_is_reported(connect, authority):
    with serving(sends(listing("a")), context=authority.server(address="10.0.0.1")) as server:
        error = refused(connect(server.url, ca_file=authority.file))
        assert "127.0.0.1" in error.reason
        assert error.hint == "set serverUrl to a name that the certificate is valid for"
        assert server.visits == []


def test_a_cluster_declared_insecure_is_used_without_a_warning(connect, authority):
    context = authority.server(until=NOW - DAY, address="10.0.0.1")
    with warnings.catch_warnings(), serving(sends(listing("a")), context=context) as server:
        warnings.simplefilter("error")
        assert len(connect(server.url, insecure=True).list(CONFIG_MAP).items) == 1


def test_a_missing_ca_file_is_named(connect):
    error = refused(connect("https://127.0.0.1:1", ca_file="/no/such/ca.pem"))
    assert error.reason == "the CA file /no/such/ca.pem is unusable: No such file or directory"


def test_an_empty_ca_file_is_named(connect, empty_file):
    error = refused(connect("https://127.0.0.1:1", ca_file=empty_file))
    assert error.reason == f"the CA file {empty_file} is unusable: it contains no certificate"


def test_a_server_that_hangs_up_in_the_handshake_is_tried_again(connect):
    with serving(raw=lambda connection: connection.recv(10_000)) as server:
        with pytest.raises(Unreachable, match="closed the connection during the TLS handshake"):
            connect(f"https://{server.host}").list(CONFIG_MAP)
        assert server.connections == 4


def test_an_alert_in_the_handshake_is_tried_again(connect):
    def alert(connection):
        connection.recv(10_000)
        connection.sendall(bytes.fromhex("15030300020250"))

    with serving(raw=alert) as server:
        with pytest.raises(Unreachable) as caught:
            connect(f"https://{server.host}").list(CONFIG_MAP)
        assert caught.value.reason == f"no TLS connection to {server.host}: tlsv1 alert internal error"
        assert server.connections == 4


def test_a_ca_file_that_has_changed_is_read_again(connect, authority, other_authority, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(Path(other_authority.file).read_bytes())
    with serving(sends(listing("a")), context=authority.server()) as server:
        refused(connect(server.url, ca_file=str(file)))
        file.write_bytes(Path(authority.file).read_bytes())
        assert len(connect(server.url, ca_file=str(file)).list(CONFIG_MAP).items) == 1


def test_clusters_that_trust_the_same_share_the_authorities(authority):
    assert tls.context(authority.file, insecure=False) is tls.context(authority.file, insecure=False)

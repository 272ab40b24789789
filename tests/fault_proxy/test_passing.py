"""What nobody has tampered with passes as it is."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reconcile.kinds import CONFIG_MAP, NAMESPACE
from reconcile.openshift.client import Client
from reconcile.openshift.errors import NotFound
from reconcile.sandbox.kubernetes.cluster import SimulatedCluster
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.fault_proxy import FaultProxy
from tests.openshift.certificates import Authority
from tests.openshift.loopback import Loopback, Visit, serving


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path)


def say_much(visit: Visit) -> None:
    visit.answer(207, b"\x1f\x8b not gzip at all \x00\xff", "text/odd", Content_Encoding="gzip", X_Own="1, 2")


@pytest.fixture
def behind(authority: Authority) -> Iterator[Loopback]:
    with serving(say_much, context=authority.server()) as server:
        yield server


@pytest.fixture
def before(behind: Loopback, authority: Authority) -> Iterator[FaultProxy]:
    with FaultProxy(f"{behind.url}/prefix", authority.file) as proxy:
        yield proxy


def asked(proxy: FaultProxy, method: str, target: str, body: bytes | None = None, **headers: str):
    context = ssl.create_default_context(cafile=proxy.ca_file)
    address = urlsplit(proxy.url)
    connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_a_request_arrives_as_it_was_sent(before: FaultProxy, behind: Loopback) -> None:
    body = b'{"a": "\xc3\xa4"}'
    asked(
        before, "PATCH", "/api/v1/x%2Fy?a=%20b+c&d=", body, Authorization="Bearer t", Content_Type="odd/type"
    )
    (visit,) = behind.visits
    assert (visit.method, visit.target, visit.body) == ("PATCH", "/prefix/api/v1/x%2Fy?a=%20b+c&d=", body)
    headers = {name: value for name, value in visit.headers.items() if name != "host"}
    assert headers == {
        "authorization": "Bearer t",
        "content-type": "odd/type",
        "content-length": str(len(body)),
    }


def test_an_answer_arrives_as_it_was_sent(before: FaultProxy) -> None:
    answer, content = asked(before, "GET", "/api/v1/secrets")
    assert (answer.status, content) == (207, b"\x1f\x8b not gzip at all \x00\xff")
    assert dict(answer.getheaders()) == {
        "Content-Length": str(len(content)),
        "Content-Type": "text/odd",
        "Content-Encoding": "gzip",
        "X-Own": "1, 2",
    }


def test_refusals_of_the_server_pass(client: Client) -> None:
    with pytest.raises(NotFound):
        client.get(NAMESPACE, "nowhere")


def test_a_watch_shows_events_as_they_come(client: Client, cluster: SimulatedCluster) -> None:
    version = client.list(CONFIG_MAP).resource_version
    events = client.watch(CONFIG_MAP, resource_version=version, timeout=20, stop=threading.Event())
    for name in ("first", "second"):
        made = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"generateName": f"{name}-", "namespace": "net"},
        }
        cluster.load(made)
        assert next(events).object["metadata"]["name"].startswith(name)


def test_a_server_that_goes_away_takes_the_connection_along(
    servers: ApiServers, cluster: SimulatedCluster, client: Client
) -> None:
    cluster.stop()
    try:
        with pytest.raises(Exception, match="connection reset"):
            client.list(CONFIG_MAP)
    finally:
        cluster.start()

"""One client, many threads; one process, no surprises from its surroundings."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from reconcile.kinds import CONFIG_MAP
from reconcile.openshift.access import Retries, Timeouts
from reconcile.openshift.errors import Unreachable
from tests.cli.processes import python

from .loopback import black_hole, closed_port, listing, sends, serving


def test_many_threads_share_a_client(connect, caplog):
    def reply(visit):
        sends(listing(visit.query["labelSelector"]))(visit)

    with serving(reply) as server, ThreadPoolExecutor(32) as threads:
        client = connect(server.url, pool_size=4)
        found = list(threads.map(lambda i: client.list(CONFIG_MAP, labels=str(i)), range(200)))
    assert [listed.items[0]["metadata"]["name"] for listed in found] == [str(i) for i in range(200)]
    assert client.counts.reads == 200
    assert server.connections <= 4
    assert caplog.records == []


def test_threads_that_queue_for_a_silent_cluster_do_not_pay_one_after_another(connect):
    with black_hole() as host, ThreadPoolExecutor(12) as threads:
        client = connect(
            f"https://{host}", pool_size=2, timeouts=Timeouts(connect=0.5), retries=Retries(attempts=1)
        )

        def ask(_):
            with pytest.raises(Unreachable):
                client.list(CONFIG_MAP)

        import time

        began = time.monotonic()
        list(threads.map(ask, range(12)))
        assert time.monotonic() - began < 2


def test_a_proxy_of_the_environment_is_used(connect, monkeypatch):
    with serving(lambda visit: visit.answer(403)) as proxy:
        client = connect("https://api.cluster.invalid:6443", retries=Retries(attempts=1))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(
            Unreachable,
            match=r"the proxy on the way to api.cluster.invalid:6443 failed: tunnel connection failed: 403",
        ):
            client.list(CONFIG_MAP)
        assert proxy.visits[0].method == "CONNECT"
        assert proxy.visits[0].target == "api.cluster.invalid:6443"
        assert "authorization" not in proxy.visits[0].headers


@pytest.mark.parametrize("proxy", ["proxy:3128", "gopher://bot:hunter2@proxy", "http://bot:hunter2@[proxy"])
def test_a_proxy_variable_that_makes_no_sense_is_reported_without_its_password(connect, monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    client = connect("https://api.cluster.invalid:6443", retries=Retries(attempts=1))
    with pytest.raises(Unreachable, match="proxy") as caught:
        client.list(CONFIG_MAP)
    assert "hunter2" not in str(caught.value)


def test_a_host_of_no_proxy_is_reached_directly(connect, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("NO_PROXY", ".invalid")
    client = connect("https://api.cluster.invalid:6443", retries=Retries(attempts=1))
    with pytest.raises(Unreachable, match="cannot be resolved"):
        client.list(CONFIG_MAP)


def test_no_proxy_is_asked_for_this_machine(connect, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    with serving(sends(listing("a"))) as server:
        assert len(connect(server.url).list(CONFIG_MAP).items) == 1


def imported_with(*modules):
    """All that a fresh interpreter has imported after these modules of the room."""
    wanted = ", ".join(f"reconcile.openshift.{module}" for module in modules)
    return python(f"import sys, {wanted}; print(*sys.modules)").split()


def test_importing_the_room_does_not_import_the_kubernetes_package():
    assert "kubernetes" not in imported_with("access", "errors", "messages", "client")


def test_the_words_of_the_room_do_not_import_an_http_library():
    assert "urllib3" not in imported_with("access", "errors", "messages")

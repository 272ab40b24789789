"""What a test puts in between happens, and nothing else."""

import re
import threading
from collections.abc import Callable

import pytest

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift.client import Client
from reconcile.openshift.errors import ClusterError, Conflict, Forbidden, Gone, Unreachable
from reconcile.sandbox.kubernetes.cluster import SimulatedCluster
from tests.fault_proxy import FaultProxy, Spoil, faults
from tests.waiting import until


def config_map(name: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "net"}}


def refusal(client: Client) -> str:
    with pytest.raises(ClusterError) as caught:
        client.list(CONFIG_MAP, namespace="net")
    return caught.value.reason


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (FaultProxy.close, "connection refused by {host}"),
        (FaultProxy.swallow, "no connection to {host} within 0.5 s"),
        (FaultProxy.vanish, "no connection to {host} within 0.5 s"),
        (FaultProxy.expire, "certificate of {host} is not valid: certificate has expired"),
        (
            FaultProxy.use_other_authority,
            "certificate of {host} is not valid: unable to get local issuer certificate",
        ),
        (FaultProxy.use_other_name, "certificate of {host} is not valid: IP address mismatch"),
    ],
)
def test_the_port_fails_as_asked_and_comes_back(
    harm: Callable[[FaultProxy], None],
    reason: str,
    proxy: FaultProxy,
    client: Client,
    connect: Callable[[], Client],
) -> None:
    client.list(CONFIG_MAP)
    harm(proxy)
    assert refusal(client).startswith(reason.format(host=proxy.url.removeprefix("https://")))
    proxy.open()
    connect().list(CONFIG_MAP)


@pytest.mark.parametrize("manner", Spoil)
def test_an_answer_is_spoilt(manner: Spoil, proxy: FaultProxy, client: Client) -> None:
    proxy.spoil.append(lambda asked: manner if asked.namespace else None)
    client.list(CONFIG_MAP)
    # Python shows a reset within a TLS connection as its end.
    assert re.fullmatch("the response from .* was cut off|connection reset by .*", refusal(client))
    proxy.clear()
    client.list(CONFIG_MAP, namespace="net")


def test_a_hook_answers_in_place_of_the_server(
    proxy: FaultProxy, client: Client, cluster: SimulatedCluster
) -> None:
    proxy.before.append(faults.writes(faults.refuse(409)))
    with pytest.raises(Conflict):
        client.create(CONFIG_MAP, config_map("refused"))
    assert cluster.find(CONFIG_MAP, "refused", "net") is None


def test_an_answer_is_lost_after_the_server_has_acted(
    proxy: FaultProxy, client: Client, cluster: SimulatedCluster
) -> None:
    proxy.after.append(faults.writes(faults.cut))
    with pytest.raises(Unreachable, match="connection reset"):
        client.create(CONFIG_MAP, config_map("lost"))
    assert cluster.find(CONFIG_MAP, "lost", "net")


def test_a_request_is_held_up(proxy: FaultProxy, client: Client) -> None:
    seen = threading.Event()
    proxy.before.append(lambda _: seen.set())
    proxy.before.append(faults.wait(60))
    asking = threading.Thread(target=refusal, args=(client,))
    asking.start()
    assert seen.wait(5)
    assert asking.is_alive()
    proxy.close()
    asking.join(5)
    assert not asking.is_alive()


def test_a_missing_right_is_reported_as_by_a_kube_apiserver(proxy: FaultProxy, client: Client) -> None:
    proxy.before.append(faults.namespace(faults.forbid, "net"))
    with pytest.raises(Forbidden) as caught:
        client.list(SECRET, namespace="net")
    assert caught.value.hint == "the account needs list on secrets in namespace net"
    client.list(SECRET)


def test_a_fault_ends_after_so_many_times(proxy: FaultProxy, client: Client) -> None:
    proxy.before.append(faults.times(2, faults.cut))
    for _ in range(2):
        assert refusal(client).startswith("connection reset")
    client.list(CONFIG_MAP, namespace="net")


def test_a_fault_meets_each_request_so_many_times(proxy: FaultProxy, client: Client) -> None:
    proxy.before.append(faults.each(1, faults.refuse(409)))
    for namespace in ("net", "other"):
        with pytest.raises(Conflict):
            client.list(CONFIG_MAP, namespace=namespace)
        client.list(CONFIG_MAP, namespace=namespace)


def test_a_history_expires_within_a_watch(proxy: FaultProxy, client: Client) -> None:
    proxy.before.append(faults.verbs(faults.expire_watch, "watch"))
    with pytest.raises(Gone):
        next(client.watch(CONFIG_MAP, resource_version="1", timeout=5, stop=threading.Event()))


def test_watches_are_ended_in_order(proxy: FaultProxy, client: Client) -> None:
    version = client.list(CONFIG_MAP).resource_version
    seen: list[object] = []

    def follow() -> None:
        stop = threading.Event()
        seen.extend(client.watch(CONFIG_MAP, resource_version=version, timeout=60, stop=stop))

    following = threading.Thread(target=follow)
    following.start()
    until(lambda: proxy.open_watches)
    proxy.end_watches()
    following.join(5)
    assert not following.is_alive()
    assert seen == []
    assert proxy.open_watches == 0


def test_requests_and_writes_are_counted(proxy: FaultProxy, client: Client) -> None:
    client.list(CONFIG_MAP)
    client.apply(CONFIG_MAP, config_map("counted"), dry_run=True)
    client.apply(CONFIG_MAP, config_map("counted"))
    assert (proxy.requests, proxy.writes) == (3, 1)

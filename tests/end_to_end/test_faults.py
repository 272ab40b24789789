"""One cluster in trouble: it is named, nothing is removed because of it, and everybody else goes on."""

import asyncio
import threading
import time

import pytest
from aiohttp import web

from reconcile.apply.events import Planned
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.sandbox.kubernetes.accounts import Account, Rule, within
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.skupper.plan import LinkState
from tests.end_to_end.world import Told, World


def secrets(fleet: World) -> set[str]:
    return {secret["metadata"]["name"] for secret in fleet.objects(SECRET)}


def test_a_cluster_that_is_down_is_named(linked: World):
    linked["p"].stop()
    told = linked.run()
    assert len(told.outcome.failures) == 1
    assert told.outcome.failures[0].startswith("p: cannot list ")
    assert "connection refused" in told.outcome.failures[0]


def test_links_to_a_cluster_that_is_down_are_unknown_and_all_others_known(linked: World):
    linked["p"].stop()
    assert linked.run().states == {
        "b/net -> a/net": LinkState.UP,
        "p/net -> a/net": LinkState.UNKNOWN,
        "p/net -> b/net": LinkState.UNKNOWN,
    }


def test_the_others_are_linked_while_a_cluster_is_down(fleet: World):
    fleet["p"].stop()
    assert fleet.run().states["b/net -> a/net"] is LinkState.UP


def test_nothing_is_written_because_a_cluster_is_down(linked: World):
    linked["p"].stop()
    assert linked.run().writes == 0


def test_a_run_does_not_wait_for_a_cluster_that_is_down(linked: World):
    linked["p"].stop()
    assert linked.run(wait=60).seconds < 15


def test_a_cluster_that_comes_back_is_linked_by_the_next_run(fleet: World):
    fleet["p"].stop()
    fleet.run()
    fleet["p"].start()
    assert fleet.run().all_up


def test_a_token_that_is_not_accepted_is_named(linked: World):
    linked.token["a"] = "stale"
    (failure,) = linked.run().outcome.failures
    assert "unauthorised (401)" in failure
    assert "stale" not in failure


def test_a_slow_cluster_holds_up_nobody_else(fleet: World):
    async def slowly(call: Call) -> None:
        await asyncio.sleep(0.7 if call.verb in {"list", "patch"} else 0)

    fleet["p"].faults.before.append(slowly)
    up_after: list[float] = []
    started = time.monotonic()

    def listen(event: object) -> None:
        if isinstance(event, Planned):
            states = {str(link.link): link.state for link in event.plan.links}
            if states["b/net -> a/net"] is LinkState.UP and not up_after:
                up_after.append(time.monotonic() - started)

    seconds = fleet.run(listener=listen, wait=40).seconds
    assert up_after[0] < seconds / 2


def test_an_account_for_one_namespace_is_served_in_that_namespace(fleet: World):
    for cluster in fleet.servers:
        account = Account("one-namespace", f"{cluster.name}-one", (within("net"),))
        cluster.admit(account)
        fleet.token[cluster.name] = account.token
    assert fleet.run().all_up
    assert fleet.run().writes == 0


def test_a_missing_right_is_named_with_the_namespace(fleet: World):
    read = Rule(verbs=frozenset({"get", "list", "watch"}))
    fleet["p"].admit(Account("reader", "reader-token", (read,)))
    fleet.token["p"] = "reader-token"
    (failure,) = fleet.run().outcome.failures
    assert failure.startswith("p/net: cannot apply ServiceAccount skupper-site-controller: forbidden (403)")


def test_the_others_go_on_when_a_right_is_missing(fleet: World):
    read = Rule(verbs=frozenset({"get", "list", "watch"}))
    fleet["p"].admit(Account("reader", "reader-token", (read,)))
    fleet.token["p"] = "reader-token"
    assert fleet.run().states["b/net -> a/net"] is LinkState.UP


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_burst_of_refusals_is_ridden_out(fleet: World, status: int):
    seen: dict[tuple[str, str, str, str], int] = {}

    def every_first_time(call: Call) -> web.Response | None:
        # Skupper itself is not to be disturbed: it makes objects that it owns, we list and apply.
        key = (call.verb, call.resource.kind.name, call.namespace, call.name)
        seen[key] = seen.get(key, 0) + 1
        ours = call.verb == "patch" and call.name == "skupper-site-controller"
        return web.Response(status=status, text="{}") if ours and seen[key] == 1 else None

    fleet["a"].faults.before.append(every_first_time)
    assert fleet.run().all_up
    assert any(count > 1 for count in seen.values())


def test_a_write_whose_answer_is_lost_is_not_made_twice(fleet: World):
    lost: list[str] = []

    def lose(call: Call) -> None:
        if call.verb == "patch" and call.name == "skupper-site" and not lost:
            lost.append(call.name)
            raise ConnectionResetError

    fleet["a"].faults.after.append(lose)
    assert fleet.run().all_up
    assert lost
    assert len(fleet["a"].objects(CONFIG_MAP, namespace="net")) > 0


def test_watches_that_are_cut_are_taken_up_again(fleet: World):
    def cut(event: object) -> None:
        if isinstance(event, Planned):
            for cluster in fleet.servers:
                cluster.end_watches()

    assert fleet.run(listener=cut).all_up


def test_a_history_that_has_expired_is_listed_anew(fleet: World):
    def forget(event: object) -> None:
        if isinstance(event, Planned):
            for cluster in fleet.servers:
                cluster.forget_history()
                cluster.end_watches()

    assert fleet.run(listener=forget).all_up


def test_a_run_that_is_told_to_stop_starts_nothing_new(fleet: World):
    stop = threading.Event()

    def halt(event: object) -> None:
        if not isinstance(event, Planned):
            stop.set()

    told: Told = fleet.run(listener=halt, stop=stop)
    assert told.outcome.stopped
    assert len(told.actions) <= 3

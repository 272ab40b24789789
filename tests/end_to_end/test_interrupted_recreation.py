"""Whatever happens while Deployments are recreated, both are there in the end, and each knows the other one."""

import threading
from collections.abc import Callable
from itertools import count

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE_ACCOUNT
from reconcile.skupper.plan import Plan, SiteState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, harness
from tests.end_to_end.test_incomplete import run_until
from tests.end_to_end.test_lost_router import CONTROLLER, ROUTER, knows_its_router
from tests.fault_proxy.asking import Asked
from tests.waiting import until

CREATOR = "skupper-site-controller"

SERVICE_CONTROLLER_GONE = 3
"""The writes: apply the ConfigMap, record what is recreated, delete the service-controller and the router, change the
ConfigMap, take back what was recorded."""

pytestmark = pytest.mark.simulation_suffices("what Skupper does is simulated on either back end")


def _others(*writes: int) -> list[object]:
    marks = pytest.mark.exhaustive("the most delicate moment is tried")
    return [pytest.param(number, marks=marks) for number in writes]


def kill_after(writes: int, stop: threading.Event) -> Callable[[Asked], None]:
    """End the run at the write after so many, which the cluster does not get."""
    numbers = count(1)

    def end(asked: Asked) -> None:
        if asked.write and next(numbers) > writes:
            stop.set()
            raise ConnectionResetError

    return end


def mark(fleet: Harness, cluster: str) -> str | None:
    account = fleet[cluster].find(SERVICE_ACCOUNT, CREATOR, "net")
    return account["metadata"].get("annotations", {}).get("qontract-skupper/recreated")


@pytest.mark.parametrize("writes", [SERVICE_CONTROLLER_GONE, *_others(1, 2, 4, 5)])
def test_a_run_that_is_killed_after_any_write_is_completed_by_the_next(backend: Backend, writes: int):
    stop = threading.Event()
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        fleet.change(config={"routerMemory": "1Gi"})
        proxy = fleet.proxy("b")
        proxy.before.append(kill_after(writes, stop))
        fleet.run(stop=stop)
        assert stop.is_set()
        proxy.clear()
        result = fleet.run()
        assert result.all_up
        assert [site.pending for site in result.outcome.plan.sites] == [(), ()]
        assert [knows_its_router(fleet, name) for name in "ab"] == [True, True]
        assert [mark(fleet, name) for name in "ab"] == [None, None]
        assert fleet.run().writes == 0


def create_meanwhile(fleet: Harness) -> Callable[[Asked], None]:
    """Have Skupper create the router of b right before its service-controller is deleted, to the end."""
    numbers, shown = count(), set()

    def created() -> bool:
        """Skupper is done with the creation once a later change of the ConfigMap shows on the router."""
        data = {"router-pod-annotations": f"number={next(numbers)}"}
        with fleet["b"].client(field_manager="somebody") as client:
            client.patch(CONFIG_MAP, "skupper-site", "net", {"data": data})
        router = fleet["b"].find(DEPLOYMENT, ROUTER, "net")
        if router:
            shown.add(router["spec"]["template"]["metadata"].get("annotations", {}).get("number"))
        return len(shown) > 1

    def change(asked: Asked) -> None:
        if (asked.verb, asked.name) == ("delete", CONTROLLER):
            until(created)

    return change


def complete(plan: Plan) -> bool:
    sites_ready = all(site.state is SiteState.READY for site in plan.sites)
    return sites_ready and all(link.converged for link in plan.links)


def test_a_router_that_skupper_creates_before_its_service_controller_is_deleted_is_recreated(
    backend: Backend,
):
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        fleet["b"].remove(DEPLOYMENT, ROUTER, "net")
        until(lambda: fleet["b"].find(DEPLOYMENT, ROUTER, "net") is None)
        fleet.proxy("b").before.append(create_meanwhile(fleet))
        result = run_until(fleet, complete)
        deleted = [action for action in result.actions if "'delete'" in action]
        assert [ROUTER in action for action in deleted] == [False, True]
        assert (result.all_up, result.errors, knows_its_router(fleet, "b")) == (True, {}, True)

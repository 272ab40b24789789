"""What happens to runs: clusters that fail for a while, requests and answers that are lost, kills, two runs at once."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from reconcile.kinds import CONFIG_MAP
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.errors import ApiError
from reconcile.skupper.v1 import names
from tests.fault_proxy.faults import status_of
from tests.soak.fleet import Hook, SoakFleet
from tests.soak.table import event


def _first_try(hook: Hook, cluster: str) -> Hook:
    """Disturb the first try of each write to a cluster."""
    seen: set[tuple[str, ...]] = set()

    def once(call: Call) -> None:
        key = (call.verb, call.resource.kind.plural, call.namespace, call.name)
        if call.is_write and call.cluster == cluster and key not in seen:
            seen.add(key)
            hook(call)

    return once


def _cut(_: Call) -> None:
    raise ConnectionResetError


def _refuse(code: int) -> Hook:
    """Answer in place of the server, as a proxy before it may."""
    kind = {409: web.HTTPConflict, 500: web.HTTPInternalServerError}[code]
    text = json.dumps(status_of(code))

    def refuse(_: Call) -> None:
        raise kind(text=text, content_type="application/json")

    return refuse


@event()
def a_cluster_is_silent(fleet: SoakFleet) -> str:
    name = fleet.draw.choice("abcdpq")
    fleet.disturb(before=lambda call: _cut(call) if call.cluster == name else None)
    return f"cluster {name} does not answer for one run"


@event()
def a_cluster_is_slow(fleet: SoakFleet) -> str:
    name = fleet.draw.choice("abcdpq")

    async def wait(call: Call) -> None:
        if call.cluster == name:
            await asyncio.sleep(0.05)

    fleet.disturb(before=wait)
    return f"cluster {name} is slow for one run"


@event()
def a_cluster_fails(fleet: SoakFleet) -> str:
    """For a drawn number of requests, of which each is tried twice."""
    name, count = fleet.draw.choice("abcdpq"), fleet.draw.choice([1, 5, 1000])
    left, refuse = count, _refuse(500)

    def fail(call: Call) -> None:
        nonlocal left
        if call.cluster == name and left > 0:
            left -= 1
            refuse(call)

    fleet.disturb(before=fail)
    return f"cluster {name} answers {count} requests with 500"


@event()
def a_cluster_has_conflicts(fleet: SoakFleet) -> str:
    name = fleet.draw.choice("abcdpq")
    fleet.disturb(before=_first_try(_refuse(409), name))
    return f"cluster {name} answers each first write with 409"


@event()
def answers_are_lost(fleet: SoakFleet) -> str:
    name = fleet.draw.choice("abcdpq")
    fleet.disturb(after=_first_try(_cut, name))
    return f"cluster {name} makes writes of which no answer arrives"


@event()
def writes_are_lost(fleet: SoakFleet) -> str:
    name = fleet.draw.choice("abcdpq")
    fleet.disturb(before=_first_try(_cut, name))
    return f"cluster {name} never gets the first try of a write"


@event()
def the_run_is_killed(fleet: SoakFleet) -> str:
    at = fleet.draw.randint(1, 12)
    stop = threading.Event()
    made = 0

    def note(call: Call) -> None:
        nonlocal made
        made += call.is_write
        if made >= at:
            stop.set()
        bar(call)

    def bar(call: Call) -> None:
        # What a dead process has sent may arrive; it sends nothing more and hears nothing.
        if stop.is_set():
            raise ConnectionResetError

    fleet.disturb(before=bar, after=note)
    fleet.way = lambda: fleet.run(stop=stop)
    return f"the run is killed after write {at}"


@event()
def two_runs_at_once(fleet: SoakFleet) -> str:
    def both() -> None:
        with ThreadPoolExecutor(2) as threads:
            for run in [threads.submit(fleet.run) for _ in range(2)]:
                run.result()

    fleet.way = both
    return "two runs at once"


@event()
def a_dry_run_comes_first(fleet: SoakFleet) -> str:
    def first(way: Callable[[], object]) -> None:
        before = len(fleet.invariants.writes)
        fleet.run(dry_run=True)
        assert len(fleet.invariants.writes) == before, "a dry run wrote"
        way()

    fleet.way = lambda: first(fleet.run)
    return "a dry run comes first"


def _during_the_run(at: int, act: Callable[[], object]) -> Hook:
    """Do something once, after so many requests of the next run, on a thread of its own as hooks must not wait."""
    made = 0

    def note(_: Call) -> None:
        nonlocal made
        made += 1
        if made == at:
            threading.Thread(target=act, daemon=True).start()

    return note


@event()
def watches_end_and_history_is_lost(fleet: SoakFleet) -> str:
    at = fleet.draw.randint(10, 100)

    def end() -> None:
        for cluster in fleet.harness.servers:
            cluster.forget_history()
            cluster.end_watches()

    fleet.disturb(after=_during_the_run(at, end))
    return f"all watches end after request {at}"


@event()
def a_site_is_recreated_during_the_run(fleet: SoakFleet) -> str:
    at, key = fleet.draw.randint(10, 100), fleet.choose(fleet.data.wanted)

    def remove() -> None:
        with contextlib.suppress(ApiError):  # the run has not created it yet
            fleet.harness[key.cluster].remove(CONFIG_MAP, names.SITE, key.namespace)

    fleet.disturb(after=_during_the_run(at, remove))
    fleet.broken.add(key)
    return f"ConfigMap skupper-site of {key} is deleted after request {at}"

"""Observes a fleet for as long as somebody wants to know its state. Nothing is applied.

Everything is read once, then watched; what is not as declared, and the heartbeats, are listed again every 15 s. Two
things no watch shows: what was only looked up by name, such as a namespace that did not exist, and a cluster that was
given up. So after a while everything is read once more, with a new fleet.
"""

from collections.abc import Callable
from threading import Event as Flag

from reconcile.apply.fleet import Fleet
from reconcile.apply.refreshing import Refreshing
from reconcile.apply.running import ATTENDED, TICK, Outcome
from reconcile.apply.waking import Wakeup
from reconcile.openshift.errors import ClusterError
from reconcile.skupper.plan import LinkReport, Plan
from reconcile.skupper.sites import SiteKey

READ_AGAIN = 60.0
"""Seconds after which everything is read once more."""

PLAN_AGAIN = 5.0
"""Seconds after which it plans again even without an event: what was reported may have become too old."""

GATHER = 0.2
"""Seconds to collect further events before planning: whoever looks on can wait for a moment."""

Seen = Callable[[Outcome], bool]
"""Called with each new state, once all clusters have answered or failed; returns True if that is enough."""


class Following:
    """Follows one fleet after the other."""

    def __init__(
        self,
        open_fleet: Callable[[], Fleet],
        make_plan: Callable[[Fleet], Plan],
        seen: Seen,
        *,
        stop: Flag,
        wakeup: Wakeup,
    ) -> None:
        """`wakeup` is what it waits on, with the clock for that; it ends once `stop` is set."""
        self._open_fleet = open_fleet
        self._make_plan = make_plan
        self._seen = seen
        self._stop = stop
        self._wakeup = wakeup

    def follow(self, longest: float) -> None:
        """Return when `seen` has had enough, or after `longest` seconds, with a last state of that moment.

        That takes longer if clusters are being read just then: no state is seen in part.
        """
        deadline = self._wakeup.now() + longest
        while not self._stop.is_set():
            fleet = self._open_fleet()
            try:
                if self._follow(fleet, deadline) or self._wakeup.now() >= deadline:
                    return
            finally:
                fleet.close()

    def _follow(self, fleet: Fleet, deadline: float) -> bool:
        """Follow one fleet; True if `seen` has had enough."""
        fleet.read(self._wakeup.ring)
        refreshing = Refreshing(fleet, self._wakeup.now, self._wakeup.ring)
        refreshing.begin()
        answered = None
        while not self._stop.is_set():
            left = deadline - self._wakeup.now()
            self._wakeup.wait(min(PLAN_AGAIN, left) if left > 0 else TICK, GATHER, lambda: None)
            fleet.give_up_late()
            listing, now = fleet.refreshing, self._wakeup.now()
            if fleet.pending:
                continue
            plan = self._make_plan(fleet)
            failures = [failure.message for failure in fleet.failures if failure.declared]
            if self._seen(Outcome(plan=plan, failures=failures)):
                return True
            answered = now if answered is None else answered
            open_keys = _open_keys(plan)
            if now >= deadline:
                if not refreshing.before_the_verdict(open_keys, listing=listing):
                    return False
            elif now >= answered + READ_AGAIN:
                return False
            else:
                clusters = {(site.key.cluster, "") for site in plan.sites}
                fleet.watch(open_keys | clusters, self._wakeup.ring, _ignore, longest=READ_AGAIN + ATTENDED)
                refreshing.while_waiting(open_keys)
        return True


def _open_keys(plan: Plan) -> set[tuple[str, str]]:
    """Where something is not as declared."""
    found: set[SiteKey] = set()
    for report in plan.unfinished:
        found |= {report.link.dialler, report.link.issuer} if isinstance(report, LinkReport) else {report.key}
    return {*found}


def _ignore(_: ClusterError) -> None:
    """An account that may not watch sees what is listed again."""

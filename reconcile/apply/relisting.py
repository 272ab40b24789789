"""Polls by LIST where there would be too many watches.

An account without cluster-wide rights sees a cluster namespace by namespace: sixty namespaces would take six hundred
watches, a thread and a TLS connection each. So a few threads list the namespaces in turn, over the connections of
all other requests: those in which something is awaited every few seconds, the others less often.
"""

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from reconcile.apply.observing import Accounts
from reconcile.apply.scopes import Scope
from reconcile.apply.sinks import Grace, Sink
from reconcile.openshift import errors

LISTERS = 6
"""Threads that list, and therefore concurrent requests to one cluster."""

AWAITED_EVERY = 2.0
"""Seconds between the end of one round of LISTs and the next, in a namespace where a change is expected."""

OTHERS_EVERY = 15.0
"""The same in all other namespaces, where no change is expected."""

LOOK_EVERY = 1.0
"""Seconds after which an idle thread checks whether changes are expected in another namespace."""


@dataclass(eq=False)
class _Place:
    """A namespace, or (None) the whole cluster, and all LISTs of it."""

    namespace: str | None
    listed: float
    """When its last round of LISTs ended."""
    grace: Grace
    scopes: list[Scope] = field(default_factory=list)
    taken: bool = False
    """A thread is listing it."""


class Relister:
    """Keeps scopes current by listing them in turn, one namespace at a time."""

    def __init__(self, scopes: Iterable[Scope], accounts: Accounts, sink: Sink) -> None:
        self._accounts = accounts
        self._sink = sink
        self._lock = threading.Lock()
        self._awaited: frozenset[str] = frozenset()
        self._places: dict[str | None, _Place] = {}
        self._answered = sink.clock()
        # What was listed before may have changed since: where a change is expected, begin at once.
        listed = self._answered - AWAITED_EVERY
        for scope in scopes:
            place = _Place(scope.namespace, listed, Grace(sink.clock))
            self._places.setdefault(scope.namespace, place).scopes.append(scope)

    @property
    def threads(self) -> int:
        """How many threads should `work`."""
        return min(LISTERS, len(self._places))

    def attend(self, namespaces: Collection[str]) -> None:
        """Set the namespaces in which a change is expected now."""
        with self._lock:
            self._awaited = frozenset(namespaces)

    def work(self) -> None:
        """List whatever is due until the sink is stopped; any number of threads may."""
        while not self._sink.stop.is_set():
            place, delay = self._take()
            if place is None:
                self._sink.stop.wait(delay)
                continue
            try:
                self._list(place)
            finally:
                with self._lock:
                    place.taken, place.listed = False, self._sink.clock()

    def _take(self) -> tuple[_Place | None, float]:
        """The place that is due, or none and the seconds to wait."""
        now = self._sink.clock()
        with self._lock:
            free = [place for place in self._places.values() if place.scopes and not place.taken]
            first = min(free, key=self._due, default=None)
            if first is None or self._due(first) > now:
                return None, LOOK_EVERY if first is None else min(LOOK_EVERY, self._due(first) - now)
            first.taken = True
            return first, 0.0

    def _due(self, place: _Place) -> float:
        awaited = place.namespace is None or place.namespace in self._awaited
        return place.listed + (AWAITED_EVERY if awaited else OTHERS_EVERY)

    def _list(self, place: _Place) -> None:
        for scope in tuple(place.scopes):
            if self._sink.stop.is_set():
                return
            began = self._sink.clock()
            try:
                changed = scope.list_again(self._accounts.of(admin=scope.request.admin), self._sink.cache)
            except errors.Unauthorised as error:
                # The account is unusable from now on, in every namespace.
                self._sink.give_up(str(error))
            except (errors.Forbidden, errors.NotFound) as refusal:
                place.scopes.remove(scope)
                self._sink.refused(refusal)
                continue
            except errors.ClusterError as error:
                self._judge(place, error, began)
            else:
                self._answered = self._sink.clock()
                if changed:
                    self._sink.changed()
                continue
            # Do not send the remaining LISTs of the namespace to a cluster that fails.
            return
        place.grace.renew()

    def _judge(self, place: _Place, error: errors.ClusterError, began: float) -> None:
        """Give up what has been silent for too long: the namespace if others answer, else the cluster."""
        if not place.grace.is_over(began):
            return
        if place.namespace is not None and self._answered > place.grace.since:
            place.scopes.clear()
            self._sink.refused(error)
        else:
            self._sink.give_up(str(error))

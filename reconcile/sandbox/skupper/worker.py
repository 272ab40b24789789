"""One cluster's simulation: the watches, and one thread that does the work of all its pods."""

import queue
import threading
import time
from collections import defaultdict

from reconcile.kinds import Kind
from reconcile.openshift.client import Client
from reconcile.sandbox.skupper.cache import Cache
from reconcile.sandbox.skupper.clock import Clock
from reconcile.sandbox.skupper.namespace import Change, Namespace
from reconcile.sandbox.skupper.network_status import render
from reconcile.sandbox.skupper.sightings import View
from reconcile.sandbox.skupper.states import RouterState
from reconcile.sandbox.skupper.surroundings import Surroundings
from reconcile.sandbox.skupper.timing import Timing
from reconcile.sandbox.skupper.wire import Wire

_SETTLE_SECONDS = 0.02
"""Changes within this time are handled together, as by a queue of keys."""
_LONGEST_SECONDS = 3600.0
_SYNC_SECONDS = 0.2

Signal = tuple[Kind, str, str] | None
"""Kind, namespace and name of a changed object; None to check time and wire."""


class Worker:
    """Plays everything that runs in the Skupper namespaces of one cluster."""

    def __init__(
        self, client: Client, wire: Wire, *, clock: Clock, timing: Timing, renewal: float, policies: bool
    ) -> None:
        self._client = client
        self._wire = wire
        self._clock = clock
        self._timing = timing
        self._renewal = renewal
        self._policies = policies
        self._signals: queue.SimpleQueue[Signal] = queue.SimpleQueue()
        self._cache = Cache(client, self._changed)
        self._namespaces: dict[str, Namespace] = {}
        self._texts: dict[str, tuple[View, str]] = {}
        """The last view of each site, with its text."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{client.cluster}-skupper", daemon=True)

    def start(self) -> None:
        """Open the watches and begin to work."""
        self._clock.subscribe(self.wake)
        self._wire.attach(self._client.cluster, self.wake)
        self._cache.start()
        self._thread.start()

    def stop(self) -> None:
        """End; the objects on the cluster stay."""
        self._stop.set()
        self.wake()
        self._thread.join()
        self._cache.stop()
        self._wire.detach(self._client.cluster)

    def log(self, namespace: str) -> tuple[str, ...]:
        """Return what the pods of a namespace logged, oldest first."""
        found = self._namespaces.get(namespace)
        return found.log if found else ()

    def wake(self) -> None:
        """Check the time and the wire again."""
        self._signals.put(None)

    def _changed(self, kind: Kind, namespace: str, name: str) -> None:
        self._signals.put((kind, namespace, name))

    def _run(self) -> None:
        if not self._wait_for_cache():
            return
        while not self._stop.is_set():
            changes = self._collect()
            if self._stop.is_set():
                return
            self._work(changes)

    def _wait_for_cache(self) -> bool:
        while not self._stop.is_set():
            if self._cache.wait(_SYNC_SECONDS):
                return True
        return False

    def _collect(self) -> dict[str, dict[Change, None]]:
        """Wait for something to do; return what changed, by namespace."""
        changes: dict[str, dict[Change, None]] = defaultdict(dict)
        for signal in self._next_signals():
            if signal:
                kind, namespace, name = signal
                changes[namespace][kind, name] = None
        return changes

    def _next_signals(self) -> list[Signal]:
        try:
            signals = [self._signals.get(timeout=self._until_deadline())]
        except queue.Empty:
            return []
        time.sleep(_SETTLE_SECONDS)
        while not self._signals.empty():
            signals.append(self._signals.get())
        return signals

    def _until_deadline(self) -> float | None:
        found = [namespace.deadline() for namespace in self._namespaces.values()]
        deadline = min((moment for moment in (*found, self._wire.due()) if moment is not None), default=None)
        return None if deadline is None else min(self._clock.until(deadline), _LONGEST_SECONDS)

    def _work(self, changes: dict[str, dict[Change, None]]) -> None:
        now = self._clock.now()
        for name in changes:
            self._namespaces[name] = self._namespaces.get(name) or self._new(name)
        before = self._states()
        for name, namespace in sorted(self._namespaces.items()):
            deadline = namespace.deadline()
            if name in changes or (deadline is not None and now >= deadline):
                namespace.run(changes.get(name, ()))
        states = self._states()
        if states != before:
            self._wire.publish(self._client.cluster, states)
        due = self._wire.due()
        if due is not None and now >= due:
            self._wire.refresh()
        self._report()

    def _new(self, name: str) -> Namespace:
        around = Surroundings(name, self._client, self._cache, self._clock, self._timing)
        return Namespace(around, renewal=self._renewal, policies=self._policies)

    def _states(self) -> dict[str, RouterState]:
        return {name: namespace.state for name, namespace in self._namespaces.items() if namespace.state}

    def _rendered(self, name: str, view: View) -> str:
        known = self._texts.get(name)
        if known is None or known[0] is not view:
            known = self._texts[name] = (view, render(view))
        return known[1]

    def _report(self) -> None:
        for name, namespace in self._namespaces.items():
            view = self._wire.view(self._client.cluster, name)
            if view:
                namespace.report(self._rendered(name, view))

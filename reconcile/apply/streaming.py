"""One watch, kept open for as long as a run waits.

A watch that ends is resumed where it stopped; one whose resourceVersion has expired starts from a new LIST. A watch
that is forbidden is reported and not retried. A cluster on which watches can no longer be opened is given up after a
while, since its cache is stale.
"""

from reconcile.apply.scopes import Scope
from reconcile.apply.sinks import Grace, Sink
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.openshift.listing import MOST_OBJECTS

PAUSE = 2.0
"""Seconds before a watch that could not be opened, or keeps ending at once, is retried."""

SHORT = 1.0
"""Seconds; a watch that was shorter has ended at once."""


class Stream:
    """The watch of one scope."""

    def __init__(self, scope: Scope, client: Client, sink: Sink, *, longest: float) -> None:
        """`longest` bounds each watch, in seconds."""
        self._scope = scope
        self._client = client
        self._sink = sink
        self._longest = longest
        self._grace = Grace(sink.clock)
        self._opened_at: float | None = None
        self._delivered = False

    def follow(self) -> None:
        """Watch until the sink is stopped or the watch is forbidden."""
        clock, stop = self._sink.clock, self._sink.stop
        short = 0
        while not stop.is_set():
            began = clock()
            try:
                self._go_on()
            except (errors.Forbidden, errors.Unauthorised) as refusal:
                self._sink.refused(refusal)
                return
            except errors.Excessive as error:
                # It would send as much again.
                self._sink.give_up(str(error))
            except errors.ClusterError as error:
                self._judge(error, began)
                stop.wait(PAUSE)
            else:
                self._grace.renew()
                short = short + 1 if clock() - began < SHORT else 0
                if short > 1:
                    # Something in between ends every watch at once: slow down.
                    stop.wait(PAUSE)

    def _judge(self, error: errors.ClusterError, began: float) -> None:
        """Give the cluster up if it has been silent for too long; a watch that worked until now resets the clock."""
        clock = self._sink.clock
        lasted = self._opened_at is not None and clock() - self._opened_at >= SHORT
        if lasted or self._delivered:
            self._grace.renew()
            began = clock()
        if self._grace.is_over(began):
            self._sink.give_up(str(error))

    def _go_on(self) -> None:
        """Watch until the server ends it; list again if the resourceVersion has expired."""
        try:
            self._watch_once()
        except errors.Gone:
            if self._scope.list_again(self._client, self._sink.cache):
                self._sink.changed()

    def _watch_once(self) -> None:
        self._opened_at, self._delivered = None, False
        request = self._scope.request
        for event in self._client.watch(
            request.kind,
            namespace=self._scope.namespace,
            labels=request.labels or None,
            fields=request.fields or None,
            resource_version=self._scope.version,
            timeout=self._longest,
            stop=self._sink.stop,
            opened=self._note_opened,
        ):
            self._delivered = True
            if self._scope.handle_event(event, self._sink.cache):
                self._check_number()
                self._sink.changed()

    def _check_number(self) -> None:
        if self._sink.cache.size > MOST_OBJECTS:
            raise errors.Excessive(
                f"it showed more than {MOST_OBJECTS} objects",
                cluster=self._client.cluster,
                verb="watch",
                kind=self._scope.request.kind,
            )

    def _note_opened(self) -> None:
        self._opened_at = self._sink.clock()

"""The work of a worker thread: it applies the changes of one work key in order and posts the results.

It decides nothing and changes no state of the run. Only the caches of clusters are updated, which have locks of their
own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconcile.apply import executing
from reconcile.apply.executing import Clusters, HandOverError
from reconcile.openshift.errors import ClusterError, Forbidden
from reconcile.skupper.plan import Change
from reconcile.unexpected import describe

WorkKey = tuple[str, str]
"""Cluster and namespace. Changes with the same work key are applied one after another, others in parallel."""


@dataclass(frozen=True, slots=True)
class Started:
    """A change is about to be applied."""

    change: Change


@dataclass(frozen=True, slots=True)
class Made:
    """A change was applied, or there was nothing to write."""

    change: Change
    written: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """A change was rejected, or got no answer."""

    change: Change
    message: str
    error: ClusterError | HandOverError | None = None
    """None if something other than a request or a hand-over failed."""

    @property
    def elsewhere(self) -> bool:
        """True if the fault is that of an object that is handed over, or of its cluster: it costs this change alone."""
        if isinstance(self.error, ClusterError):
            return self.error.cluster != self.change.cluster
        return self.error is not None


@dataclass(frozen=True, slots=True)
class Ended:
    """The worker is done; everything that it posted came before."""

    work_key: WorkKey


Result = Started | Made | Failed | Ended


def work(
    work_key: WorkKey,
    changes: Iterable[Change],
    clusters: Clusters,
    *,
    may_go_on: Callable[[], bool],
    post: Callable[[Result], None],
) -> None:
    """Apply the changes until one fails on its own cluster, or until `may_go_on` returns False."""
    try:
        for change in changes:
            if not may_go_on():
                break
            post(Started(change))
            result = _make(change, clusters)
            post(result)
            if isinstance(result, Failed) and not result.elsewhere:
                break
    finally:
        post(Ended(work_key))


def _make(change: Change, clusters: Clusters) -> Made | Failed:
    try:
        return Made(change, executing.execute(change, clusters))
    except (ClusterError, HandOverError) as error:
        advice = change.if_forbidden if isinstance(error, Forbidden) else ""
        return Failed(change, "; ".join(filter(None, (str(error), advice))), error)
    except Exception as error:  # noqa: BLE001 one namespace must not end the others
        where = "/".join(filter(None, change.work_key))
        return Failed(change, f"{where}: cannot {change.verb} {change.name}: {describe(error)}")

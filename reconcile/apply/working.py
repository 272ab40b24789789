"""What a worker thread does: it makes the changes of one work key in their order, and posts what happens.

It decides nothing and changes no state of the run. It holds the caches of clusters current, which take care of their
own locks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconcile.apply import executing
from reconcile.apply.executing import Clusters
from reconcile.openshift.errors import ClusterError
from reconcile.skupper.plan import Change

WorkKey = tuple[str, str]
"""Cluster and namespace. Changes of one work key are made one after another, of different ones at the same time."""


@dataclass(frozen=True, slots=True)
class Started:
    """A change is about to be made."""

    change: Change


@dataclass(frozen=True, slots=True)
class Made:
    """A change was made, or there was nothing to write."""

    change: Change
    written: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """A change was refused, or got no answer."""

    change: Change
    message: str
    error: ClusterError | None = None
    """None if something else went wrong than a request."""

    @property
    def elsewhere(self) -> bool:
        """True if another cluster is to blame: the one that an object is handed over from."""
        return self.error is not None and self.error.cluster != self.change.cluster


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
    """Make the changes until one fails by the fault of its own cluster, or until `may_go_on` says no."""
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
    except ClusterError as error:
        return Failed(change, str(error), error)
    except Exception as error:  # noqa: BLE001 a surprise in one namespace must not end the others
        where = "/".join(filter(None, change.work_key))
        return Failed(change, f"{where}: {type(error).__name__} on {change.name}")

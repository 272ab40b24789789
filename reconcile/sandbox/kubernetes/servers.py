"""Many simulated clusters in one process: one thread, one event loop, one port each."""

import asyncio
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from reconcile.sandbox.kubernetes import kubeconfig, tls
from reconcile.sandbox.kubernetes.cluster import ClusterSpec, SimulatedCluster

_TURNS_TO_CLOSE = 5
"""Turns of the event loop in which aborted connections close their sockets."""


class ApiServers:
    """Runs simulated clusters from :meth:`start` to :meth:`stop`; also a context manager.

    The event loop runs in a thread from the start of the object's life, so that objects can be loaded before the
    ports open.
    """

    def __init__(self, specs: Iterable[ClusterSpec], folder: Path | None = None) -> None:
        """Prepare the clusters; certificates go to ``folder``, by default to a temporary one."""
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if folder is None else None
        self.folder = folder or Path(self._temporary.name if self._temporary else "")
        self.folder.mkdir(parents=True, exist_ok=True)
        credentials = tls.issue(self.folder)
        self.ca_file = credentials.ca_file
        """The certificate that clients have to trust, PEM."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox-clusters", daemon=True)
        context = credentials.context()
        self._clusters = {spec.name: SimulatedCluster(spec, self._loop, context) for spec in specs}
        self._thread.start()

    def __getitem__(self, name: str) -> SimulatedCluster:
        return self._clusters[name]

    def __iter__(self) -> Iterator[SimulatedCluster]:
        return iter(self._clusters.values())

    def __len__(self) -> int:
        return len(self._clusters)

    def start(self) -> Self:
        """Open all ports.

        Raises:
            OSError: A port is taken.
        """
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(timeout=60)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close all ports and connections and end the thread. A stopped object cannot be started again."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=60)
        self._loop.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with one context per cluster, as the administrator of each."""
        entries = [kubeconfig.Entry(cluster.name, cluster.url, cluster.token) for cluster in self]
        kubeconfig.write(path, entries, self.ca_file.read_bytes())
        return path

    async def _open(self) -> None:
        await asyncio.gather(*(cluster.open() for cluster in self))

    async def _close(self) -> None:
        await asyncio.gather(*(cluster.close() for cluster in self))
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()  # for example a TLS handshake that is under way
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(_TURNS_TO_CLOSE):
            await asyncio.sleep(0)

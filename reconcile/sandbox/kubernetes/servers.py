"""Many simulated clusters in one process: one thread, one event loop, one port each."""

import asyncio
import base64
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, Self

import yaml

from reconcile.sandbox import private_files
from reconcile.sandbox.kubernetes import tls as certificates
from reconcile.sandbox.kubernetes.cluster import ClusterSpec, SimulatedCluster
from reconcile.sandbox.loop import BackgroundLoop


class ApiServers:
    """Runs simulated clusters from :meth:`start` to :meth:`stop`; also a context manager.

    The event loop runs from construction, so that objects can be loaded before the ports open.
    """

    def __init__(self, specs: Iterable[ClusterSpec], folder: Path | None = None, *, tls: bool = True) -> None:
        """Prepare the clusters; certificates go to ``folder``, by default to a temporary one.

        Without ``tls`` they listen for plain HTTP, which costs their clients on this machine less.
        """
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if folder is None else None
        self.folder = folder or Path(self._temporary.name if self._temporary else "")
        self.folder.mkdir(parents=True, exist_ok=True)
        credentials = certificates.issue(self.folder)
        self.ca_file = credentials.ca_file
        """The certificate that clients have to trust, PEM."""
        self._loop = BackgroundLoop("sandbox-clusters")
        context = credentials.context() if tls else None
        self._clusters = {spec.name: SimulatedCluster(spec, self._loop, context) for spec in specs}

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
            self._loop.run(self._open())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close all ports and connections and end the thread. A stopped object cannot be started again."""
        if self._loop.closed:
            return
        self._loop.run(self._close())
        self._loop.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with one context per cluster, as the administrator of each."""
        return write_kubeconfig(path, self, self.ca_file.read_bytes())

    async def _open(self) -> None:
        await asyncio.gather(*(cluster.open() for cluster in self))

    async def _close(self) -> None:
        await asyncio.gather(*(cluster.close() for cluster in self))


class Reachable(Protocol):
    """A cluster, as a kubeconfig names it; the token is that of its administrator."""

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def token(self) -> str: ...


def write_kubeconfig(path: Path, clusters: Iterable[Reachable], ca_pem: bytes) -> Path:
    """Write a kubeconfig, readable by its owner only, with a context per cluster; the first is the current one."""
    clusters = tuple(clusters)
    ca = {"certificate-authority-data": base64.b64encode(ca_pem).decode()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": clusters[0].name if clusters else "",
        "clusters": [{"name": each.name, "cluster": {"server": each.url, **ca}} for each in clusters],
        "users": [{"name": each.name, "user": {"token": each.token}} for each in clusters],
        "contexts": [
            {"name": each.name, "context": {"cluster": each.name, "user": each.name, "namespace": "default"}}
            for each in clusters
        ],
    }
    private_files.write(path, yaml.safe_dump(config, sort_keys=False).encode())
    return path

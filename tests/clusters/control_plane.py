"""Real control planes on loopback: one etcd, and any number of kube-apiservers, each with its controller-manager.

Every API server has a prefix of its own in etcd, so each is a cluster of its own. RBAC is on. Of the controllers only
the garbage collector and that of namespaces run: no Deployment gets pods, since there is no node.
"""

import contextlib
import json
import secrets
import shutil
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes import tls
from tests.clusters.assets import CONTROLLERS, Assets
from tests.clusters.processes import Program, free_port
from tests.clusters.routes import RouteHosts

ISSUER = "https://kubernetes.default.svc"
_CONTROLLERS = "garbagecollector,namespace"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True)
class Manner:
    """What sets a server apart from others."""

    kinds: frozenset[Kind] = frozenset()
    """Kinds that it serves besides Kubernetes' own."""
    controllers: bool = True
    """False: garbage stays, and namespaces that are deleted stay as they are."""


class ApiServer:
    """One kube-apiserver and the controller-manager beside it, from construction to ``stop``."""

    def __init__(
        self, assets: Assets, files: tls.Credentials, number: int, *, etcd: str, manner: Manner
    ) -> None:
        """Start the API server; ``until_ready`` waits for it and has it serve more kinds."""
        self.manner = manner
        self.token = secrets.token_urlsafe(24)
        """Of the administrator."""
        self._assets = assets
        self._files = files
        self._folder = files.ca_file.parent / f"server-{number}"
        self._folder.mkdir()
        self._context = ssl.create_default_context(cafile=str(self._files.ca_file))
        port = free_port()
        self.url = f"https://127.0.0.1:{port}"
        tokens = self._folder / "tokens.csv"
        tokens.write_text(f'{self.token},admin,admin,"system:masters"\n')
        key = _service_account_key(self._folder)
        self._controllers: Program | None = None
        self._ready = False
        self._server = Program(
            self._folder / "kube-apiserver.log",
            assets["kube-apiserver"],
            f"--etcd-servers={etcd}",
            f"--etcd-prefix=/cluster-{number}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            f"--tls-cert-file={files.certificate_file}",
            f"--tls-private-key-file={files.key_file}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--anonymous-auth=false",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-signing-key-file={key}",
            f"--service-account-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/16",
            # There are no nodes, and no controller that makes the service accounts which pods want.
            "--disable-admission-plugins=ServiceAccount,DefaultTolerationSeconds",
            "--endpoint-reconciler-type=none",
            "--profiling=false",
        )

    def until_ready(self) -> None:
        """Wait until it answers for all its kinds, and start its controllers.

        In this order, since the garbage collector looks for new kinds every half minute only.
        """
        if self._ready:
            return
        self._ready = True
        self._server.until(lambda: self.ask("GET", "/readyz")[0] == 200)
        for kind in self.manner.kinds:
            self.ask("POST", _DEFINITIONS, _definition(kind))
        for kind in self.manner.kinds:
            self._server.until(partial(self._serves, kind))
        if self.manner.controllers and self._assets.controllers:
            self._start_controllers()

    @property
    def collects(self) -> bool:
        """True if a garbage collector runs beside it."""
        return self._controllers is not None

    def _start_controllers(self) -> None:
        port = free_port()
        self._controllers = Program(
            self._folder / "kube-controller-manager.log",
            self._assets[CONTROLLERS],
            f"--kubeconfig={self._kubeconfig()}",
            f"--controllers={_CONTROLLERS}",
            "--leader-elect=false",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            f"--tls-cert-file={self._files.certificate_file}",
            f"--tls-private-key-file={self._files.key_file}",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            # Up to 1.23 there is a second port, the same for every one of them.
            *(["--port=0"] if self._assets.minor < 24 else []),
        ).until(lambda: _answers(f"https://127.0.0.1:{port}/healthz", self._context))

    def _serves(self, kind: Kind) -> bool:
        return self.ask("GET", f"/apis/{kind.group}/{kind.version}/{kind.plural}")[0] == 200

    def ask(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Status and body of one answer to the administrator; status 0 if there is no answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, context=self._context, timeout=30) as response:
                return response.status, _parsed(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _parsed(error.read())
        except OSError:
            return 0, None

    def stop(self) -> None:
        if self._controllers:
            self._controllers.stop()
        self._server.stop()

    def _kubeconfig(self) -> Path:
        path = self._folder / "kubeconfig"
        cluster = {"server": self.url, "certificate-authority": str(self._files.ca_file)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {"token": self.token}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        }
        path.write_text(json.dumps(config))
        return path


class ControlPlane:
    """All servers of one test process. They are started when first asked for and end with ``stop``."""

    def __init__(self, assets: Assets) -> None:
        """Start etcd."""
        self._assets = assets
        memory = Path("/dev/shm")
        # etcd waits for the disk at every write, and nothing here outlives the process.
        self._folder = Path(
            tempfile.mkdtemp(prefix="control-plane-", dir=memory if memory.is_dir() else None)
        )
        self._files = tls.issue(self._folder)
        self.ca_file = self._files.ca_file
        self.routes = RouteHosts(self._files)
        self._servers: list[ApiServer] = []
        self._lent: set[ApiServer] = set()
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._etcd_url = client
        self._etcd = Program(
            self._folder / "etcd.log",
            assets["etcd"],
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        ).until(lambda: _answers(f"{client}/health"))

    def lend(self, wanted: Iterable[Manner]) -> list[ApiServer]:
        """Give out one free server of each manner; those that are missing are started, side by side."""
        lent = [self._free(manner) or self._new(manner) for manner in wanted]
        for server in lent:
            server.until_ready()
        return lent

    def take_back(self, servers: Iterable[ApiServer]) -> None:
        """Servers that nobody uses any more, whatever is on them."""
        self._lent.difference_update(servers)

    def stop(self) -> None:
        for server in self._servers:
            server.stop()
        self._etcd.stop()
        self.routes.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _free(self, manner: Manner) -> ApiServer | None:
        for server in self._servers:
            if server.manner == manner and server not in self._lent:
                self._lent.add(server)
                return server
        return None

    def _new(self, manner: Manner) -> ApiServer:
        number = len(self._servers)
        server = ApiServer(self._assets, self._files, number, etcd=self._etcd_url, manner=manner)
        self._servers.append(server)
        self._lent.add(server)
        return server


def _definition(kind: Kind) -> dict[str, Any]:
    """The definition of a custom resource that may hold anything."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": {
            "group": kind.group,
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "names": {"plural": kind.plural, "singular": kind.name.lower(), "kind": kind.name},
            "versions": [version],
        },
    }


def _service_account_key(folder: Path) -> Path:
    """A key that the API server signs the tokens of service accounts with."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = folder / "service-accounts.key"
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return path


def _parsed(raw: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(raw)
    return raw.decode(errors="replace")


def _answers(url: str, context: ssl.SSLContext | None = None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as response:
            return response.status == 200
    except OSError:
        return False

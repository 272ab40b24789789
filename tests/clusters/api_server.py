"""One kube-apiserver on loopback and the controller-manager beside it.

RBAC is on. Of the controllers only the garbage collector and that of namespaces run: no Deployment gets pods, since
there is no node. Custom resource definitions stand in for Routes and SkupperClusterPolicies.
"""

import json
import secrets
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from reconcile.kinds import ROUTE, Kind
from reconcile.openshift import paths
from reconcile.sandbox.kubernetes import tls
from tests.clusters.administration import Administrator
from tests.clusters.assets import CONTROLLERS, Assets
from tests.clusters.etcd import Etcd
from tests.clusters.processes import Program, free_port
from tests.clusters.routes import RouteHosts

ISSUER = "https://kubernetes.default.svc"
_CONTROLLERS = "garbage-collector-controller,namespace-controller"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True)
class Profile:
    """What sets a server apart from others."""

    kinds: frozenset[Kind] = frozenset()
    """Kinds that it serves besides Kubernetes' own."""
    controllers: bool = True
    """False: garbage stays, and namespaces that are deleted stay as they are."""


class ApiServer:
    """Runs from construction to ``stop``; ``prepare`` makes it fit for a test."""

    def __init__(
        self, assets: Assets, files: tls.Credentials, number: int, *, etcd: Etcd, hosts: RouteHosts
    ) -> None:
        """Start the API server; ``prepare`` waits until it answers."""
        self.number = number
        self._profile: Profile | None = None
        self._assets = assets
        self._files = files
        self._etcd = etcd
        self._hosts = hosts
        self._prefix = f"/cluster-{number}"
        self._baseline: frozenset[str] = frozenset()
        self._folder = files.ca_file.parent / f"server-{number}"
        self._folder.mkdir()
        self._controllers: Program | None = None
        port = free_port()
        self.administrator = Administrator(
            f"https://127.0.0.1:{port}", secrets.token_urlsafe(24), str(files.ca_file)
        )
        tokens = self._folder / "tokens.csv"
        tokens.write_text(f'{self.administrator.token},admin,admin,"system:masters"\n')
        key = _service_account_key(self._folder)
        self._program = Program(
            self._folder / "kube-apiserver.log",
            assets["kube-apiserver"],
            f"--etcd-servers={etcd.url}",
            f"--etcd-prefix={self._prefix}",
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

    @property
    def profile(self) -> Profile | None:
        """What it was last prepared for; None if it is new."""
        return self._profile

    @property
    def collects(self) -> bool:
        """True if a garbage collector runs beside it."""
        return self._controllers is not None

    def prepare(self, profile: Profile) -> None:
        """Make it an empty cluster of this profile."""
        if self._profile is None:
            self._program.until(partial(self._answers, "/readyz", 200))
        else:
            self._empty()
        if self._profile != profile:
            self._become(profile)

    def stop(self) -> None:
        self._stop_controllers()
        self.administrator.close()
        self._program.stop()

    def _empty(self) -> None:
        self._etcd.restore(self._prefix, self._baseline)

    def _become(self, profile: Profile) -> None:
        """Serve other kinds.

        The controllers are started after the kinds are there: the garbage collector looks for new ones every half
        minute only.
        """
        self._stop_controllers()
        served = self._profile.kinds if self._profile else frozenset()
        for kind in served - profile.kinds:
            self.administrator.ask("DELETE", f"{_DEFINITIONS}/{kind.plural}.{kind.group}")
        for kind in profile.kinds - served:
            self.administrator.must("POST", _DEFINITIONS, _definition(kind))
        for kind in profile.kinds ^ served:
            wanted = 200 if kind in profile.kinds else 404
            self._program.until(partial(self._answers, paths.collection(kind), wanted))
        if ROUTE in profile.kinds - served:
            self._hosts.serve(self.number, self.administrator)
        if profile.controllers and self._assets.controllers:
            self._start_controllers()
        self._profile = profile
        self._baseline = self._etcd.keys(f"{self._prefix}/")

    def _answers(self, path: str, status: int) -> bool:
        return self.administrator.ask("GET", path)[0] == status

    def _start_controllers(self) -> None:
        port = free_port()
        administrator = Administrator(f"https://127.0.0.1:{port}", "", str(self._files.ca_file))
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
        ).until(lambda: administrator.ask("GET", "/healthz")[0] == 200)
        administrator.close()

    def _stop_controllers(self) -> None:
        if self._controllers:
            self._controllers.stop()
            self._controllers = None

    def _kubeconfig(self) -> Path:
        path = self._folder / "kubeconfig"
        cluster = {"server": self.administrator.url, "certificate-authority": str(self._files.ca_file)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {"token": self.administrator.token}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        }
        path.write_text(json.dumps(config))
        return path


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

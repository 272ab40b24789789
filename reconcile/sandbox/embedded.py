"""The whole sandbox: from data to running servers and a configuration for them.

It provides what app-interface data refers to: API servers, whose addresses replace ``serverUrl``, tokens for the
secrets, namespaces, load balancers, routers. Everything is on loopback and in one folder, and ends with the process.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self

from reconcile.app_interface.bundle import assembling, building, checking
from reconcile.app_interface.bundle.loading import NotABundleError
from reconcile.app_interface.bundle.model import Bundle, locate
from reconcile.findings import Finding, Severity
from reconcile.kinds import NAMESPACE as NAMESPACE_KIND
from reconcile.openshift.client import Client
from reconcile.openshift.errors import AlreadyExists
from reconcile.report.findings import line, shown
from reconcile.report.wording import counted
from reconcile.sandbox import private_files
from reconcile.sandbox.app_interface.server import Server
from reconcile.sandbox.kubernetes.accounts import EVERYTHING, Account, within
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.controllers import Behaviour
from reconcile.sandbox.kubernetes.rbac import Rule
from reconcile.sandbox.kubernetes.servers import ApiServers, Reachable
from reconcile.sandbox.skupper.simulator import Skupper
from reconcile.sandbox.skupper.timing import FAST, Timing
from reconcile.skupper.topology.reachability import reaches

CLUSTER, NAMESPACE = "/openshift/cluster-1.yml", "/openshift/namespace-1.yml"
INSTANCE = "sandbox"

_RENEWAL = 10.0
"""Seconds between two renewals of a leader lock: a light load for many sites on one machine."""
_READ = frozenset({"get", "list", "watch"})


class Cluster(Reachable, Protocol):
    """One API server, simulated or real."""

    def admit(self, account: Account) -> str:
        """Let an account in; returns its token."""

    def client(self, *, field_manager: str) -> Client:
        """A client of the administrator; it must be closed."""


class Clusters(Protocol):
    """API servers that start and stop together: simulated ones, or real ones in the same place."""

    @property
    def ca_file(self) -> Path: ...

    def start(self) -> Self: ...

    def stop(self) -> None: ...

    def __getitem__(self, name: str) -> Cluster: ...

    def __iter__(self) -> Iterator[Cluster]: ...

    def __len__(self) -> int: ...

    def write_kubeconfig(self, path: Path) -> Path: ...


class BadDataError(NotABundleError):
    """The data has faults; ``findings`` holds them all and ``bundle`` knows where they are."""

    def __init__(self, bundle: Bundle, findings: Iterable[Finding]) -> None:
        self.bundle = bundle
        self.findings = tuple(findings)
        found = counted(len(self.findings), "fault")
        lines = [line(each, partial(locate, bundle)) for each in shown(self.findings)]
        super().__init__("\n".join([f"{found}; the data from before is still served", *lines]))


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data of a sandbox lies."""

    data: Path
    """Directory with ``data`` and ``resources``."""
    schemas: Path

    def bundle(self) -> Bundle:
        """Make and check the bundle; raises ``BadDataError``."""
        found = building.build(self.data / "data", self.data / "resources", self.schemas, "sandbox", "0")
        errors = [f for f in checking.check(found) if f.severity is Severity.ERROR]
        if errors:
            raise BadDataError(found, errors)
        return found


class Sandbox:
    """Runs from ``start`` to ``stop``; also a context manager. All files go to ``folder``."""

    def __init__(
        self,
        source: Source,
        folder: Path,
        *,
        behaviour: Behaviour | None = None,
        timing: Timing = FAST,
        make: Callable[[Sequence[ClusterSpec], Path], Clusters] = ApiServers,
    ) -> None:
        """Prepare; raises ``BadDataError`` if the data has faults. ``make`` makes the clusters.

        ``timing`` is the pace of Skupper.
        """
        self._timing = timing
        self.folder = folder
        self._source = source
        self._bundle = source.bundle()
        self._running = ExitStack()
        self._clusters = {doc["name"]: doc for _, doc in _files(self._bundle, CLUSTER)}
        self._tokens: dict[tuple[str, str], str] = {}
        specs = [self._spec(name, behaviour or Behaviour()) for name in self._clusters]
        self.clusters = make(specs, folder / "certificates")
        self._known = {cluster.name: cluster for cluster in checking.read(self._bundle).clusters}
        self._clients: dict[str, Client] = {}
        self._detours: dict[str, str] = {}
        self.graphql: Server | None = None
        self.skupper: Skupper | None = None

    @property
    def config(self) -> Path:
        """The configuration file for the integration."""
        return self.folder / "config.toml"

    @property
    def kubeconfig(self) -> Path:
        """One context per cluster, as its administrator."""
        return self.folder / "kubeconfig"

    @property
    def authorities(self) -> Path:
        """The authorities of all API servers' certificates, PEM."""
        return self.folder / "authorities.crt"

    def start(self) -> Self:
        """Start all servers and write the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authorities.write_bytes(self.clusters.ca_file.read_bytes())
        self._running.callback(self.clusters.stop)
        self.clusters.start()
        for cluster in self.clusters:
            self._admit(cluster)
        self.graphql = Server(self._served(self._bundle), source=self._reread)
        self._running.enter_context(self.graphql)
        self.skupper = self._running.enter_context(self._skupper())
        self.clusters.write_kubeconfig(self.kubeconfig)
        self._write_config(self.graphql)
        return self

    def stop(self) -> None:
        """Stop everything; the files stay."""
        self._running.close()

    def reload(self) -> None:
        """Serve the data as it is on disk now; raises ``BadDataError``, and what was served before stays."""
        if self.graphql:
            self.graphql.load(self._reread())

    def detour(self, cluster: str, url: str, ca_file: Path) -> None:
        """Use another address for a cluster in data and configuration, with the authority of its certificate.

        It is that of a proxy; the simulated Skupper keeps using the cluster's own address.
        """
        self._detours[cluster] = url
        with self.authorities.open("ab") as file:
            file.write(ca_file.read_bytes())
        if self.graphql:
            self._write_config(self.graphql)
            self.reload()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self.clusters)

    def _spec(self, name: str, behaviour: Behaviour) -> ClusterSpec:
        return ClusterSpec(name, namespaces=self._namespaces(name), behaviour=behaviour)

    def _namespaces(self, name: str) -> tuple[str, ...]:
        references = {path for path, doc in _files(self._bundle, CLUSTER) if doc["name"] == name}
        return tuple(
            sorted(
                doc["name"]
                for _, doc in _files(self._bundle, NAMESPACE)
                if doc.get("cluster", {}).get("$ref") in references
            )
        )

    def _reread(self) -> Bundle:
        """Read the data again and create the namespaces that are new in it; raises ``BadDataError``."""
        bundle = self._source.bundle()
        new = [
            Finding(
                "new-cluster",
                f"cluster {doc['name']} is new; restart the sandbox to simulate it",
                datafile=path,
            )
            for path, doc in _files(bundle, CLUSTER)
            if doc["name"] not in self._clients
        ]
        if new:
            raise BadDataError(bundle, new)
        before = {cluster.name: self._namespaces(cluster.name) for cluster in self.clusters}
        self._bundle = bundle
        self._clusters = {doc["name"]: doc for _, doc in _files(bundle, CLUSTER)}
        self._known = {cluster.name: cluster for cluster in checking.read(bundle).clusters}
        for cluster in self.clusters:
            added = set(self._namespaces(cluster.name)) - set(before[cluster.name])
            for name in sorted(added):
                with suppress(AlreadyExists):
                    self._clients[cluster.name].create(NAMESPACE_KIND, {"metadata": {"name": name}})
            if added:
                self._admit(cluster)
        if self.graphql:
            self._write_config(self.graphql)
        return self._served(bundle)

    def _admit(self, cluster: Cluster) -> None:
        """Let in the accounts that the data names for a cluster."""
        for field, rules in (
            ("automationToken", (Rule(verbs=_READ), within(*self._namespaces(cluster.name)))),
            ("clusterAdminAutomationToken", (EVERYTHING,)),
        ):
            if field in self._clusters.get(cluster.name, {}):
                # The token of an account that is admitted again stays good, for a configuration that was read before.
                token = self._tokens.get((cluster.name, field)) or secrets.token_urlsafe(24)
                account = Account(f"sandbox:{field}", token, rules)
                self._tokens[cluster.name, field] = cluster.admit(account)

    def _skupper(self) -> Skupper:
        for cluster in self.clusters:
            self._clients[cluster.name] = client = cluster.client(field_manager="site-controller")
            self._running.callback(client.close)
        return Skupper(
            self._clients,
            timing=self._timing,
            reachable=self._reachable,
            renewal=_RENEWAL,
            policies=False,
        )

    def _reachable(self, source: str, target: str) -> bool:
        """Whether a cluster reaches another; one that is gone from the data reaches none."""
        known = self._known
        return {source, target} <= known.keys() and reaches(known[source], known[target])

    def _served(self, bundle: Bundle) -> Bundle:
        """The bundle with the addresses of our clusters in it."""
        data = {
            path: {**doc, "serverUrl": self._url(doc["name"])}
            if doc["$schema"] == CLUSTER and doc["name"] in self._clusters
            else doc
            for path, doc in bundle.data.items()
        }
        parts = {
            "data": data,
            "resources": bundle.resources,
            "schemas": bundle.schemas,
            "graphql": bundle.graphql,
            "git_commit": bundle.git_commit,
            "git_commit_timestamp": bundle.git_commit_timestamp,
        }
        text = assembling.text_of(parts)
        return replace(bundle, data=data, text=text, sha256=assembling.digest(text))

    def _url(self, cluster: str) -> str:
        """Where we tell the integration to find a cluster."""
        return self._detours.get(cluster) or self.clusters[cluster].url

    def _write_config(self, graphql: Server) -> None:
        private_files.write(self.config, self._config_text(graphql.address).encode())

    def _config_text(self, server: str) -> str:
        lines = [
            "# Written by the sandbox; good as long as it runs.",
            f'[graphql]\nserver = "{server}"\n',
            f'[skupper]\ninstance = "{INSTANCE}"\n',
            f'[kubernetes]\ncertificate_authority = "{self.authorities.resolve()}"\n',
        ]
        for (name, field), token in self._tokens.items():
            reference: Mapping[str, Any] | None = self._clusters.get(name, {}).get(field)
            if reference is None:
                continue  # gone from the data since
            table = ".".join(f'"{step}"' for step in reference["path"].split("/"))
            url = self._url(name)
            lines.append(
                f'[{table}]\nserver = "{url}"\nusername = "sandbox"\n{reference["field"]} = "{token}"\n'
            )
        return "\n".join(lines)


def _files(bundle: Bundle, schema: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, document in bundle.data.items():
        if document["$schema"] == schema:
            yield path, document

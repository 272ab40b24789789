"""An engine for a Skupper version that does not exist: one ConfigMap per site, one handed-over ConfigMap per link.

It shares nothing with v1. A site is ready once its ConfigMap exists. For a link the issuer gets a ConfigMap, whose UID
gives a code; the dialler gets one with the code, and dials. The code is confidential.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from reconcile.findings import Finding
from reconcile.kinds import CONFIG_MAP, Kind
from reconcile.skupper.blocks import Block, block, closed_reason
from reconcile.skupper.census import LiveSites
from reconcile.skupper.definitions import Network, SiteDefinition
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.diagnosis.table import Diagnostics
from reconcile.skupper.engine import Redact
from reconcile.skupper.list_requests import ListRequest, Probe, Reading
from reconcile.skupper.live import ClusterSnapshot, LiveObject, ObjectKey
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import (
    Change,
    HandOver,
    LinkReport,
    LinkState,
    ObjectRef,
    Plan,
    SiteReport,
    SiteState,
    Verb,
)  # fmt: skip
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.waits import Wait, WaitKind

PART, ENDS = "toy/part", "toy/ends"
SITE = "toy-site"


def redact(body: Mapping[str, Any]) -> Mapping[str, Any]:
    data = body.get("data")
    if not isinstance(data, dict):
        return body
    return {**body, "data": {key: data[key] for key in data if key != "code"}}


def compose(body: Mapping[str, Any], source: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**body, "data": {"code": sha256(source["metadata"]["uid"].encode()).hexdigest()}}


class Toy:
    name = "toy"
    redactions: Mapping[Kind, Redact] = {CONFIG_MAP: redact}
    diagnostics = Diagnostics()

    def serves(self, network: Network) -> bool:
        return network.version.startswith("toy-")

    def resolve_site(self, network: Network, definition: SiteDefinition) -> Site:
        name = {"name": f"{definition.cluster.name}.{definition.namespace}"}
        edge = bool(definition.cluster.private)
        return Site(
            network.identifier, definition, name, edge=edge, accepts_links=not edge and not definition.delete
        )

    def check(self, networks: Sequence[ResolvedNetwork]) -> Iterator[Finding]:
        for site in (site for network in networks for site in network.wanted if site.definition.config):
            yield Finding("toy-config", f"{site.key}: a toy has no config", subject=site.subject)

    def reading(self, sites: Sequence[Site], ownership: Ownership, **_: bool) -> Reading:
        mine = ListRequest(CONFIG_MAP, labels=f"{ownership.selector},{PART}=toy")
        namespaces = tuple(sorted({site.namespace for site in sites}))
        probes = partial(self._probes, namespaces)
        return Reading(presence_list=mine, lists=(mine,), probes_for=probes, namespaces=namespaces)

    @staticmethod
    def _probes(namespaces: Sequence[str], snapshot: ClusterSnapshot) -> list[Probe]:
        missing = [ns for ns in namespaces if ObjectKey(CONFIG_MAP, ns, SITE) not in snapshot.objects]
        request = ListRequest(CONFIG_MAP, fields=f"metadata.name={SITE}")
        return [Probe(request, tuple(missing))] if missing else []

    def planner(self, inputs: PlanInput) -> "ToyPlanner":
        return ToyPlanner(inputs)


@dataclass(frozen=True)
class ToyPlanner:
    inputs: PlanInput

    def plan_network(self, network: ResolvedNetwork) -> Plan:
        changes: list[Change] = []
        blocked = {site.key: found for site in network.wanted if (found := block(site, self.inputs))}
        sites = [self._site(site, blocked.get(site.key), changes) for site in network.wanted]
        ready = {report.key for report in sites if report.state is SiteState.READY}
        links = []
        for link in network.links:
            found = blocked.get(link.dialler) or blocked.get(link.issuer)
            links.append(
                found.link(network.identifier, link) if found else self._link(network, link, ready, changes)
            )
        return Plan(changes=tuple(changes), sites=tuple(sites), links=tuple(links))

    def plan_separation(self) -> Plan:
        return Plan()

    def plan_shared(self) -> Plan:
        return Plan()

    def plan_prune(self, links: Sequence[LinkReport]) -> Plan:
        """Links first; a site is deleted once its links are."""
        wanted = {name_of(report.link) for report in links}
        found = sorted(self._mine(), key=lambda entry: (entry[1].key.name == SITE, entry[0]))
        orphans = [(key, live) for key, live in found if self._is_orphan(key, live, wanted)]
        linked = {end for _, live in found for end in live.annotations.get(ENDS, "").split()}
        leaving = [
            SiteReport(network="", key=key, name=str(key), mode="", state=SiteState.REMOVING)
            for key, live in orphans
            if live.key.name == SITE
        ]
        removed = tuple(self._remove(key, live, linked) for key, live in orphans)
        return Plan(changes=removed, sites=tuple(leaving))

    def live_sites(self) -> LiveSites:
        return LiveSites({key: "" for key, live in self._mine() if live.key.name == SITE})

    def _site(self, site: Site, found: Block | None, changes: list[Change]) -> SiteReport:
        if found:
            return found.site(site)
        if self._find(site.key, SITE):
            return SiteReport.of(site, SiteState.READY)
        reason = "it does not exist"
        changes.append(self._change(Verb.APPLY, site.key, SITE, reason, site.network, body={}))
        return SiteReport.of(site, SiteState.ABSENT, reason)

    def _link(
        self, network: ResolvedNetwork, link: Link, ready: set[SiteKey], changes: list[Change]
    ) -> LinkReport:
        name, annotations = name_of(link), {ENDS: f"{link.dialler} {link.issuer}"}
        make = partial(self._change, Verb.CREATE, name=name, reason="no link", network=network.identifier)
        issued, delivered = self._find(link.issuer, name), self._find(link.dialler, name)
        if not issued:
            there = Wait(WaitKind.ACCEPTS_LINKS, str(link.issuer), "it is ready to accept links")
            wait = None if link.issuer in ready else there
            changes.append(make(key=link.issuer, body=annotations, waits_for=wait))
        if not delivered:
            source = ObjectRef(link.issuer.cluster, CONFIG_MAP, link.issuer.namespace, name)
            wait = (
                None if issued and link.dialler in ready else Wait(WaitKind.ISSUED, str(link), "it is issued")
            )
            hand_over = HandOver(source, compose)
            changes.append(make(key=link.dialler, body=annotations, hand_over=hand_over, waits_for=wait))
        up = issued and delivered
        state = LinkState.UP if up else LinkState.ISSUED if issued else LinkState.WAITING
        return LinkReport(
            network=network.identifier, link=link, state=state, reason="" if up else "no code yet"
        )

    def _is_orphan(self, key: SiteKey, live: LiveObject, links: set[str]) -> bool:
        sites = self.inputs.desired.wanted
        refused = sites.get(key) in self.inputs.refused_networks
        declared = key in sites if live.key.name == SITE else live.key.name in links
        return not (declared or refused or live.deleting or closed_reason(key, self.inputs))

    def _remove(self, key: SiteKey, live: LiveObject, linked: set[str]) -> Change:
        site = live.key.name == SITE
        unlinked = Wait(WaitKind.UNLINKED, str(key), "its links are removed")
        wait = unlinked if site and str(key) in linked else None
        removal = site or live.annotations[ENDS].startswith(f"{key} ")
        remove = partial(self._change, Verb.DELETE, key, live.key.name, "it is not declared", "")
        return remove(uid=live.uid, waits_for=wait, removal=removal)

    def _mine(self) -> Iterator[tuple[SiteKey, LiveObject]]:
        for cluster, snapshot in self.inputs.snapshots.items():
            for live in snapshot.objects.values():
                if live.labels.get(PART) == "toy" and self.inputs.ownership.covers(live.labels):
                    yield SiteKey(cluster, live.key.namespace), live

    def _find(self, key: SiteKey, name: str) -> LiveObject | None:
        return self.inputs.snapshot(key.cluster).objects.get(ObjectKey(CONFIG_MAP, key.namespace, name))

    def _change(
        self, verb: Verb, key: SiteKey, name: str, reason: str, network: str,
        body: Mapping[str, str] | None = None, **rest: Any,
    ) -> Change:  # fmt: skip
        """`body` are the annotations of the object."""
        labels = {**self.inputs.ownership.labels, PART: "toy"}
        metadata = {"name": name, "namespace": key.namespace, "labels": labels, "annotations": body}
        whole = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata} if body is not None else None
        return Change(
            verb=verb, cluster=key.cluster, namespace=key.namespace, kind=CONFIG_MAP, name=name, reason=reason,
            network=network, body=whole, **rest,
        )  # fmt: skip


def name_of(link: Link) -> str:
    return f"toy-link-{sha256(f'{link.dialler} {link.issuer}'.encode()).hexdigest()[:8]}"

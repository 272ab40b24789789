"""Planning and topology alone, without a request."""

from datetime import UTC, datetime
from functools import partial

from reconcile.app_interface.bundle import checking
from reconcile.engines import ENGINES, check_definitions
from reconcile.sandbox.embedded import INSTANCE, Sandbox, Source
from reconcile.skupper import planning
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition, Strategy
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.list_requests import ListRequest
from reconcile.skupper.live import ClusterSnapshot, LiveObject
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import Plan
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import list_requests
from tests.bench.measuring import Figure, milliseconds, seconds, times
from tests.skupper.resolving import links, resolve, resolve_sites

OURS = Ownership(INSTANCE)
IMAGE, VERSION = "quay.io/skupper/site-controller", "1.9.6"


def planning_figures(sandbox: Sandbox, source: Source, base: float) -> list[Figure]:
    """The time of one plan: of a fleet where nothing is yet, and of the same fleet when all of it is up."""
    definitions = checking.read(source.bundle())
    desired = resolve(definitions)
    empty = {cluster.name: ClusterSnapshot() for cluster in definitions.clusters}
    full = {cluster.name: _view(sandbox, cluster.name, definitions) for cluster in definitions.clusters}
    figures = [
        _figure("checking the data", seconds(partial(check_definitions, definitions), tries=3), base),
        _figure("choosing the links", seconds(partial(resolve, definitions), tries=5), base),
    ]
    for what, snapshots in (("a plan while nothing exists", empty), ("a plan while all is up", full)):
        job = partial(_plan, desired, snapshots)
        plan = job()
        up = sum(link.converged for link in plan.links)
        reported = f"{len(plan.changes)} changes, {up} of {len(plan.links)} links up"
        figures.append(_figure(what, seconds(job, tries=5), base, reported))
    return figures


def topology_figures(base: float, sites: int = 100) -> list[Figure]:
    """`redundant` against `mesh` on one network where everyone reaches everyone."""
    figures = []
    for strategy in Strategy:
        network = Network(
            "n", VERSION, settings={"image": IMAGE}, strategy=strategy, redundancy=2, sites=_sites(sites)
        )
        per_site = len(links(network)) / sites
        took = seconds(partial(links, network))
        figures.append(_figure(f"{strategy}, {sites} sites", took, base, f"{per_site:.2f} links per site"))
    return figures


def _sites(count: int) -> tuple[SiteDefinition, ...]:
    clusters = [
        Cluster(f"c{number}", f"https://c{number}.example.com", private=False) for number in range(10)
    ]
    return tuple(SiteDefinition(clusters[number % 10], f"n{number}") for number in range(count))


def _plan(desired: DesiredState, snapshots: dict[str, ClusterSnapshot]) -> Plan:
    inputs = PlanInput(
        desired=desired,
        ownership=OURS,
        now=datetime.now(UTC),
        snapshots=snapshots,
        removal_budget=10,
    )
    return planning.plan(inputs, ENGINES)


def _view(sandbox: Sandbox, cluster: str, definitions: Definitions) -> ClusterSnapshot:
    """What a run would have read of a simulated cluster, taken out of its store."""
    sites = [
        s for network in definitions.networks for s in resolve_sites(network) if s.cluster.name == cluster
    ]
    found = [
        LiveObject.from_manifest(read.kind, body)
        for read in list_requests.list_requests(sites, OURS)
        for body in sandbox.clusters[cluster].objects(read.kind, labels=_labels(read))
        if not read.fields or read.fields == f"metadata.name={body['metadata']['name']}"
    ]
    return ClusterSnapshot(objects={live.key: live for live in found})


def _labels(read: ListRequest) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in read.labels.split(",") if pair)


def _figure(what: str, took: float, base: float, reported: str = "") -> Figure:
    return Figure(what, times(took, base), f"{milliseconds(took)}{f', {reported}' if reported else ''}")

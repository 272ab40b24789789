"""Checks of clusters and namespaces that hold for every version of Skupper."""

from datetime import timedelta
from shlex import quote

from reconcile.findings import Finding, NetworkSubject, Severity, SiteSubject
from reconcile.skupper.diagnosis.checks import (
    Check,
    Checks,
    Command,
    Judgement,
    Outcome,
    failed,
    passed,
    unknown,
    warned,
)
from reconcile.skupper.diagnosis.facts import Facts
from reconcile.skupper.plan import SiteState
from reconcile.skupper.sites import Site, SiteKey

SKEW_TOLERATED = timedelta(minutes=5)
"""By how much a cluster's clock may differ from ours before tokens are no longer judged, as in the planner."""
SKEW_NOTICED = timedelta(seconds=30)
"""From here on the ages that a status shows are misleading."""


def _reachable(facts: Facts, cluster: str) -> Judgement:
    declared = facts.inputs.desired.clusters.get(cluster)
    if declared and declared.disabled:
        return Judgement(
            Outcome.SKIPPED,
            "its data disables this integration, so it gets no request",
            "see `disable` of the cluster",
        )
    problem = facts.inputs.snapshot(cluster).problem
    if problem is None:
        return passed("all LISTs of the site objects were answered")
    server = declared.server_url if declared else ""
    return failed(
        problem,
        "nothing on this cluster can be judged until it answers: check serverUrl, the token and any proxy, firewall or "
        "load balancer in between",
        Command(f"curl -sS --max-time 10 {quote(server.rstrip('/') + '/version')}") if server else None,
    )


def _clock(facts: Facts, cluster: str) -> Judgement:
    snapshot = facts.inputs.snapshot(cluster)
    if snapshot.heartbeat_at is None:
        return unknown("its answers had no usable Date header, so its clock is not known")
    ahead = snapshot.clock_ahead
    seen = f"it is {_seconds(ahead)} this machine's ({facts.now:%Y-%m-%d %H:%M:%S} UTC)"
    command = Command("date -u; chronyc tracking")
    if abs(ahead) > SKEW_TOLERATED:
        hint = (
            "with more than 5 minutes between the clocks no token is issued or replaced: correct the clock of this "
            "machine or of the cluster's control plane"
        )
        return failed(seen, hint, command)
    if abs(ahead) > SKEW_NOTICED:
        return warned(seen, "ages in status and events are off by as much: correct the clock", command)
    return passed(seen)


def _seconds(ahead: timedelta) -> str:
    amount = f"{abs(ahead).total_seconds():.0f} s"
    return f"{amount} {'behind' if ahead < timedelta() else 'ahead of'}"


def _namespace(facts: Facts, site: Site) -> Judgement:
    snapshot = facts.inputs.snapshot(site.cluster.name)
    problem = snapshot.unreadable.get(site.namespace)
    if problem:
        hint = "grant the account its rights in this namespace"
        return unknown(problem, hint, _grant(site.key, "site.yaml"))
    if site.namespace in snapshot.missing_namespaces:
        return failed(
            f"namespace {site.namespace} does not exist",
            "create it, or take the site out of the data",
            Command(f"oc new-project {site.namespace}", site.cluster.name),
        )
    if site.namespace in snapshot.terminating_namespaces:
        return failed(
            f"namespace {site.namespace} is being deleted",
            "nothing can be created there until it is gone; see what holds it",
            Command(
                f"oc get namespace {site.namespace} -o jsonpath='{{.status.conditions}}'", site.cluster.name
            ),
        )
    return passed("it was read")


def _accepted(facts: Facts, site: Site) -> Judgement:
    """Whether runs take care of the site: it is neither filtered, refused nor foreign."""
    report = facts.site_report(site.key)
    if report is None:
        reasons = (
            finding.message
            for finding in facts.plan.findings
            if finding.subject == NetworkSubject(site.network) and finding.severity is Severity.ERROR
        )
        return failed(
            f"network {site.network} is refused as a whole: {next(reasons, 'its data has an error')}",
            "correct its data; until then no run changes any of its sites",
            Command("qontract-skupper plan"),
        )
    if report.state is SiteState.SKIPPED:
        return failed(
            f"runs skip it: {report.reason}",
            "correct the data or the object that is named, or leave out the filter",
            Command("qontract-skupper plan"),
        )
    return passed("its data is accepted, and its objects are ours")


def _findings(facts: Facts, site: Site) -> Judgement:
    """Whatever else a plan reports about the site, so that no problem it knows of is missing here."""
    about = facts.derived(_by_site).get(site.key, ())
    if not about:
        return passed("there are none")
    worst = next((each for each in about if each.severity is Severity.ERROR), about[0])
    more = f" (and {len(about) - 1} more)" if len(about) > 1 else ""
    judge = failed if worst.severity is Severity.ERROR else warned
    return judge(
        f"{worst.rule}: {worst.message}{more}",
        "take the step that the finding names",
        Command(f"qontract-skupper plan --cluster-name {site.cluster.name}"),
    )


def _by_site(facts: Facts) -> dict[SiteKey, list[Finding]]:
    found: dict[SiteKey, list[Finding]] = {}
    for finding in facts.plan.findings:
        if isinstance(finding.subject, SiteSubject):
            key = SiteKey(finding.subject.cluster, finding.subject.namespace)
            found.setdefault(key, []).append(finding)
    return found


def _grant(key: SiteKey, file: str) -> Command:
    return Command(f"oc apply -n {key.namespace} -f deploy/rbac/{file}", key.cluster)


CHECKS = Checks(
    clusters=(
        Check("cluster-reachable", "the API server answers", _reachable),
        Check("cluster-clock", "its clock agrees with this machine's", _clock, after=("cluster-reachable",)),
    ),
    sites=(
        Check("namespace-readable", "the namespace exists and was read", _namespace, ("cluster-reachable",)),
        Check("site-accepted", "runs take care of the site", _accepted, ("namespace-readable",)),
    ),
)

LAST = Checks(
    sites=(Check("findings", "a plan has no findings about the site", _findings, ("namespace-readable",)),),
)
"""Made after those of the engine, which say more about the same causes."""

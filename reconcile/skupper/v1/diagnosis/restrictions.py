"""Checks of what a namespace forbids: NetworkPolicies around the router, quotas, and rights that the account lacks."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconcile.kinds import DEPLOYMENT, NETWORK_POLICY, RESOURCE_QUOTA
from reconcile.skupper.diagnosis.checks import Check, Command, Judgement, failed, oc, passed, unknown, warned
from reconcile.skupper.diagnosis.contents import dig, entries
from reconcile.skupper.diagnosis.facts import Facts, Unread
from reconcile.skupper.live import LiveObject, strings, text
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import controller_rights, names, objects
from reconcile.skupper.v1.diagnosis import observed
from reconcile.skupper.v1.diagnosis.pods import PROGRAMS, lacking, template_labels
from reconcile.skupper.v1.sites import ingress
from reconcile.skupper.v1.value_types import quantity

LINK_PORTS = (55671, 45671)
"""Where the router listens for links of interior and of edge sites."""

_EVERYWHERE = "0.0.0.0/0"
_INGRESS = ("network.openshift.io/policy-group", "ingress")
"""Label of the namespaces of OpenShift's ingress controllers."""

_POD_LABELS = {"application": names.ROUTER, "skupper.io/component": "router"}
"""Labels of router pods, used where the Deployment does not exist yet (``api/types/types.go``)."""


def _network_policies(facts: Facts, site: Site) -> Judgement:
    """Whether NetworkPolicies let links through: into the router of an interior site, out of any router.

    Policies add up: traffic passes if one of those that select the pod allows it. Who exactly may connect is not
    judged, since senders are in other namespaces and clusters.
    """
    listed = facts.detail(site.key).of(NETWORK_POLICY)
    if isinstance(listed, Unread):
        return lacking(site.key, NETWORK_POLICY, listed)
    live = observed.site(facts, site.key)
    router = live.find(DEPLOYMENT, names.ROUTER)
    labels = (router and template_labels(router)) or _POD_LABELS
    selecting = [policy for policy in listed if _selects(dig(policy.content, "spec", "podSelector"), labels)]
    if not selecting:
        return passed(f"none of {len(listed)} NetworkPolicies selects the router")
    shown = ", ".join(sorted(policy.key.name for policy in selecting))
    command = oc(
        site.key, f"describe networkpolicy {shlex.join(sorted(each.key.name for each in selecting))}"
    )
    outgoing = [policy for policy in selecting if "Egress" in _types(policy)]
    if outgoing and not any(list(entries(policy.content, "spec", "egress")) for policy in outgoing):
        hint = "the router cannot dial: allow egress to the issuers' hosts and to DNS"
        return failed(f"NetworkPolicies {shown} let nothing out of the router", hint, command)
    incoming = [policy for policy in selecting if "Ingress" in _types(policy)]
    if site.accepts_links and incoming:
        return _incoming(incoming, shown, command, routed=ingress(site) == "route")
    return passed(f"NetworkPolicies {shown} select the router and leave it ways out")


def _incoming(policies: Sequence[LiveObject], shown: str, command: Command, *, routed: bool) -> Judgement:
    rules = [rule for policy in policies for rule in entries(policy.content, "spec", "ingress")]
    for port in LINK_PORTS:
        allowing = [rule for rule in rules if _allows(rule, port)]
        if not allowing:
            hint = (
                f"allow port {port} of pods with the label skupper.io/component: router, or set createNetworkPolicy in "
                "the data"
            )
            return failed(f"NetworkPolicies {shown} let nothing in at port {port}", hint, command)
        if not any(_open(rule, routed=routed) for rule in allowing):
            hint = "compare them with where links come from: the ingress controller, or the load balancer's clients"
            return warned(f"NetworkPolicies {shown} let only some in at port {port}", hint, command)
    return passed(f"NetworkPolicies {shown} let links in")


def _open(rule: Mapping[str, Any], *, routed: bool) -> bool:
    """Whether a rule lets links in: from everywhere or, if they come through Routes, from the ingress controllers."""
    peers = list(entries(rule, "from"))
    if not rule.get("from") or any(dig(peer, "ipBlock", "cidr") == _EVERYWHERE for peer in peers):
        return True
    return routed and any(_INGRESS in _labels_of_namespaces(peer) for peer in peers)


def _labels_of_namespaces(peer: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset(strings(dig(peer, "namespaceSelector", "matchLabels")).items())


def _types(policy: LiveObject) -> frozenset[str]:
    written = dig(policy.content, "spec", "policyTypes")
    if isinstance(written, list) and written:
        return frozenset(map(text, written))
    return frozenset({"Ingress", "Egress"} if dig(policy.content, "spec", "egress") else {"Ingress"})


def _allows(rule: Mapping[str, Any], port: int) -> bool:
    ports = list(entries(rule, "ports"))
    return not ports or any(_covers(each, port) for each in ports)


def _covers(written: Mapping[str, Any], port: int) -> bool:
    if written.get("protocol", "TCP") != "TCP":
        return False
    first, last = written.get("port"), written.get("endPort")
    if isinstance(first, int) and isinstance(last, int):
        return first <= port <= last
    return first is None or first == port


def _selects(selector: object, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector matches; an empty one matches everything."""
    wanted = dig(selector, "matchLabels")
    pairs = wanted.items() if isinstance(wanted, Mapping) else ()
    return all(labels.get(key) == value for key, value in pairs) and all(
        _expression(each, labels) for each in entries(selector, "matchExpressions")
    )


def _expression(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = text(expression.get("key")), expression.get("values")
    listed = values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in listed
        case "NotIn":
            return labels.get(key) not in listed
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def _quotas(facts: Facts, site: Site) -> Judgement:
    listed = facts.detail(site.key).of(RESOURCE_QUOTA)
    if isinstance(listed, Unread):
        return lacking(site.key, RESOURCE_QUOTA, listed)
    used_up = [entry for quota in listed for entry in _used_up(quota)]
    if not used_up:
        return passed(f"none of {len(listed)} ResourceQuotas is used up")
    live = observed.site(facts, site.key)
    hint = "a pod that is restarted may not come back: raise the quota, or free some of it"
    command = oc(site.key, "describe resourcequota")
    short = not all(observed.ready(live, name) for name in PROGRAMS)
    return (failed if short else warned)("; ".join(used_up), hint, command)


def _used_up(quota: LiveObject) -> Iterator[str]:
    hard, used = dig(quota.content, "status", "hard"), dig(quota.content, "status", "used")
    for name, limit in sorted(hard.items()) if isinstance(hard, Mapping) else ():
        most, now = quantity(text(limit)), quantity(text(dig(used, name)))
        if most is not None and now is not None and now >= most:
            yield f"ResourceQuota {quota.key.name}: {text(dig(used, name))} of {text(limit)} {name} are used"


OWN_RIGHTS: tuple[Mapping[str, Any], ...] = (
    {
        "apiGroups": [""],
        "resources": ["configmaps", "secrets", "serviceaccounts"],
        "verbs": ["list", "watch", "create", "patch", "delete"],
    },
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["services"], "verbs": ["list", "watch"]},
    {
        "apiGroups": ["apps"],
        "resources": ["deployments"],
        "verbs": ["list", "watch", "create", "patch", "delete"],
    },
    {"apiGroups": ["route.openshift.io"], "resources": ["routes"], "verbs": ["list", "watch"]},
    {
        "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["rolebindings"],
        "verbs": ["list", "watch", "create", "patch", "delete"],
    },
    {
        "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["roles"],
        "verbs": ["list", "watch", "delete"],
    },
)
"""What every run may need in the namespace of a site: the rules of ``deploy/rbac/site-bind.yaml`` but ``bind``."""

GRANTED_ROLES: Mapping[str, Any] = {
    "apiGroups": ["rbac.authorization.k8s.io"],
    "resources": ["roles"],
    "verbs": ["create", "patch"],
}
"""What it takes besides where the site-controller has a Role of its own; the rules of that Role come on top."""

_MOST = 5


def needed_rights(site: Site, *, bound: bool) -> tuple[Mapping[str, Any], ...]:
    """The rules that the account needs in the namespace of a site, whose controller may be bound to a ClusterRole."""
    return OWN_RIGHTS if bound else (*OWN_RIGHTS, GRANTED_ROLES, *objects.rules(site))


def _rights(facts: Facts, site: Site) -> Judgement:
    held = facts.detail(site.key).rights
    if isinstance(held, Unread):
        return unknown(f"the rights of the account are not known: {held.reason}")
    bound = controller_rights.is_bound(site.namespace, observed.site(facts, site.key).objects)
    missing = controller_rights.missing(needed_rights(site, bound=bound), held.rules)
    if not missing:
        return passed("the account has all rights that a run may need in the namespace")
    if held.incomplete:
        return unknown(
            f"the API server does not list {'; '.join(missing[:_MOST])} and says that its list is incomplete",
            "one of its authorizers cannot list its rules; ask for a single right",
            oc(site.key, "auth can-i --list"),
        )
    return _missing(site, missing, bound=bound)


def _missing(site: Site, listed: Sequence[str], *, bound: bool) -> Judgement:
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    file = "site-bind.yaml" if bound else "site.yaml"
    return failed(
        f"the account lacks {'; '.join(listed[:_MOST])}{more}",
        f"an admin of the namespace grants them with deploy/rbac/{file}",
        Command(f"oc apply -n {site.namespace} -f deploy/rbac/{file}", site.cluster.name),
    )


_READ = ("cluster-reachable",)
_READABLE = ("cluster-reachable", "namespace-readable")

CHECKS: tuple[Check[Site], ...] = (
    Check("rights", "the account has its rights", _rights, _READ),
    Check("quota", "no quota is used up", _quotas, _READABLE),
    Check("network-policy", "NetworkPolicies let links through", _network_policies, _READABLE),
)

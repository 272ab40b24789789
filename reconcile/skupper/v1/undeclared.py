"""Findings about what is in a network and not in the data: members, tokens, and links that join two networks.

Nothing of this is changed: whoever made it knows what it is for. What our own plan is about to remove is not reported:
the sites and Secrets of ours that are no longer declared, and what Skupper forgets within a minute.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from reconcile.findings import Finding, NetworkSubject, Reason, Severity, SiteSubject
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.live import ObjectKey
from reconcile.skupper.plan import LinkReport, LinkState
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import commands, names, provenance, sites
from reconcile.skupper.v1.active_tokens import ActiveToken
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.members import Member, Membership, Node, SeenLink, parts
from reconcile.skupper.v1.observed_state import ObservedState

_MOST = 5
_LONGEST = 100
"""Characters that are quoted of what a member says about itself."""


class Undeclared:
    """What is undeclared in all networks; index it once per plan."""

    def __init__(self, observed: ObservedState, members: Membership) -> None:
        self._observed = observed
        self._desired = observed.inputs.desired
        self._networks = observed.inputs.desired.wanted
        self._members = members

    def findings(self, network: ResolvedNetwork, links: Iterable[LinkReport]) -> Iterator[Finding]:
        """Everything about one network and its namespaces; `links` are its declared links."""
        yield from self._unknown(network)
        yield from self._joined(network)
        keys = {site.key for site in network.sites}
        # A token under the name of a declared one is reported with its link.
        named = {(link.link.dialler, link.credential) for link in links}
        for token in self.tokens:
            if token.at in keys and (token.at, token.name) not in named:
                yield self._token(token, network.identifier)

    @cached_property
    def tokens(self) -> tuple[ActiveToken, ...]:
        """Secrets of others with which our sites dial, unless they belong to a site that is not ours."""
        ours = {(secret.at, secret.name) for secret in self._observed.secrets}
        return tuple(
            token
            for token in self._members.tokens
            if (token.at, token.name) not in ours
            and token.issued_by != self._site(token.at).site_id
            and self._site(token.at).site_id
            and not self._site(token.at).being_adopted
        )

    @cached_property
    def _isolated(self) -> Set[Node]:
        """Sites whose NetworkPolicy shuts out claims from other namespaces, if the setting is in effect."""
        return {site.key for site in self._desired.sites if site.config.get("createNetworkPolicy")}

    def hidden(self, report: LinkReport) -> LinkReport:
        """The report of a link that cannot be seen because another one links its sites in the opposite direction.

        Of two connections between the same sites only the older one has a record.
        """
        link = report.link
        if report.state in {LinkState.DELIVERED, LinkState.DOWN, LinkState.UNKNOWN}:
            for token in self.tokens:
                opposite = token.at == link.issuer and self._members.target(token) == link.dialler
                if opposite and SeenLink(link.issuer, link.dialler) in self._members.links:
                    step = commands.on(token.at, f"delete secret {token.name}")
                    reason = f"Secret {token.name} in {token.at} is not ours and links the two the other way; {step}"
                    return replace(report, state=LinkState.DOWN, reason=reason)
        return report

    def _site(self, key: SiteKey) -> LiveSite:
        return self._observed.site(key)

    def _ours(self, network: ResolvedNetwork) -> Iterator[SiteKey]:
        """The sites of a network that exist, without foreign ones, whose network is somebody else's."""
        return (site.key for site in network.wanted if self._site(site.key).site_id)

    def _unknown(self, network: ResolvedNetwork) -> Iterator[Finding]:
        found = {
            member.site_id: member
            for key in self._ours(network)
            for member in self._members.unknown_members(key)
        }
        for member in sorted(found.values(), key=lambda member: (member.name, member.site_id)):
            if member.site_id in self._gone:
                continue
            excuse = self._excuse(member)
            yield (
                _leaving(member, excuse, network.identifier)
                if excuse
                else _unknown_member(member, network.identifier)
            )

    @cached_property
    def _gone(self) -> frozenset[str]:
        """Ids of sites, and of other objects, that were deleted during this run."""
        return frozenset(uid for found in self._observed.inputs.snapshots.values() for uid in found.gone)

    def _excuse(self, member: Member) -> Reason | None:
        """Why a member with the name of a site of ours may be one that is being removed; None if it is not.

        Whoever an edge site dials has no record of it, so nothing tells one that has just ended from one that runs.
        """
        for cluster in self._desired.clusters:
            if member.name != sites.default_name(cluster, member.namespace):
                continue
            key, snapshot = SiteKey(cluster, member.namespace), self._observed.inputs.snapshot(cluster)
            if snapshot.problem_in(member.namespace):
                return f"{key} was not read, so this may be a site that is not removed yet"
            if member.edge and ObjectKey(CONFIG_MAP, member.namespace, names.SITE) not in snapshot.objects:
                return (
                    f"{key} has no site any more. Skupper forgets a site within a minute; if this one stays, somebody "
                    "else's site has its name"
                )
        return None

    def _joined(self, network: ResolvedNetwork) -> Iterator[Finding]:
        """Networks that are joined with this one; each pair is reported once, under the lesser name."""
        found: dict[str, set[SeenLink]] = {}
        for part in {self._lasting.get(key, frozenset()) for key in self._ours(network)}:
            for other in {self._networks.get(node, "") for node in part if isinstance(node, SiteKey)}:
                if network.identifier < other:
                    bridges = {link for link in self._bridges if link.dialler in part}
                    found.setdefault(other, set()).update(bridges)
        for other, bridges in sorted(found.items()):
            yield Finding(
                rule="joined-networks",
                message=(
                    f"networks {network.identifier} and {other} are joined: the sites of each reach the services of "
                    f"the other. Not declared: {_some(sorted(map(self._bridge, bridges)))}"
                ),
                subject=NetworkSubject(network.identifier),
            )

    @cached_property
    def _own(self) -> frozenset[tuple[Node, Node]]:
        """Links that are declared or have a Secret of ours."""
        declared = {(link.dialler, link.issuer) for entry in self._desired.networks for link in entry.links}
        return frozenset(declared | self._removed)

    @cached_property
    def _removed(self) -> frozenset[tuple[Node, Node]]:
        """Links of ours that are not declared, which the plan removes."""
        declared = {(link.dialler, link.issuer) for entry in self._desired.networks for link in entry.links}
        secrets = (secret.link for secret in self._observed.secrets if secret.delivered)
        return frozenset({(link.dialler, link.issuer) for link in secrets} - declared)

    @cached_property
    def _lasting(self) -> Mapping[Node, frozenset[Node]]:
        """Who is linked with whom once the plan has removed what it can."""
        return parts(link for link in self._members.expected if tuple(link) not in self._removed)

    @cached_property
    def _bridges(self) -> frozenset[SeenLink]:
        return frozenset(link for link in self._members.expected if tuple(link) not in self._own)

    def _bridge(self, link: SeenLink) -> str:
        made_by = [
            f" by Secret {token.name}"
            for token in self.tokens
            if token.at == link.dialler and self._members.target(token) == link.issuer
        ]
        return f"link {_node(link.dialler)} -> {_node(link.issuer)}{''.join(made_by)}"

    def _token(self, token: ActiveToken, network: str) -> Finding:
        target = self._members.target(token)
        issuer = f", issued by {_node(target)}" if target else ""
        if token.claim and target in self._isolated:
            issuer += ", whose createNetworkPolicy shuts out port 8081, on which claims are redeemed"
        step = commands.on(token.at, f"delete secret {token.name}")
        return Finding(
            rule="undeclared-token",
            message=(
                f"{SECRET.name} {token.name} in {token.at} makes a link that is not declared: to "
                f"{token.host or 'a host that it does not name'}{issuer}, since {_moment(token.live.created)}, written "
                f"by {provenance.managers(token.live)}. To remove the link, {step}"
            ),
            subject=SiteSubject(token.at.cluster, token.at.namespace, network),
        )


def _unknown_member(member: Member, network: str) -> Finding:
    step = (
        "Have whoever runs it stop it; a new CA of the site that it dials keeps it out"
        if member.gateway
        else "Add it to the data, or delete the Secret with which it dials or is dialled"
    )
    what = "gateway" if member.gateway else "member"
    return Finding(
        rule="unknown-gateway" if member.gateway else "unknown-member",
        message=f"network {network} has a {what} that is not in the data: {_described(member)}. {step}",
        subject=NetworkSubject(network),
    )


def _leaving(member: Member, excuse: Reason, network: str) -> Finding:
    return Finding(
        rule="leaving-member",
        severity=Severity.WARNING,
        message=f"network {network} lists {_described(member)}, which is not in the data: {excuse}",
        subject=NetworkSubject(network),
    )


def _described(member: Member) -> str:
    parts = [f"site {member.name[:_LONGEST] or '(without a name)'}", f"id {member.site_id[:_LONGEST]}"]
    if member.namespace:
        parts.append(f"namespace {member.namespace[:_LONGEST]}")
    if member.edge:
        parts.append("mode edge")
    parts += [f"since {_moment(member.since)}", f"seen by {_some(member.seen_by)}"]
    return ", ".join(parts)


def _node(node: Node) -> str:
    return str(node) if isinstance(node, SiteKey) else f"the site with id {node}"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"


def _some(items: Iterable[object]) -> str:
    listed = [str(item) for item in items]
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    return ", ".join(listed[:_MOST]) + more

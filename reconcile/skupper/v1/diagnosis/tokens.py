"""Checks of a link: its token, the connector made of it, and what both ends report."""

from collections.abc import Callable

from reconcile.skupper.certificates import Certificate
from reconcile.skupper.diagnosis.checks import Check, Command, Judgement, failed, oc, passed, unknown, warned
from reconcile.skupper.diagnosis.facts import Address, Dialled, Facts
from reconcile.skupper.plan import LinkObservation, LinkReport, LinkState
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import names
from reconcile.skupper.v1.diagnosis import observed, pods
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import RENEW_BEFORE, LinkSecret

_CUT = frozenset({LinkState.CUTTING, LinkState.CUT})
_ORDERED = "somebody has cut the site off; it has no links until that is ended"
_IN_PROGRESS = frozenset({LinkState.WAITING, LinkState.REQUESTED, LinkState.ISSUED, LinkState.DELIVERED})
_RUN = Command("qontract-skupper run")
_RELEASE = 2
"""Numbers of a version that make its release: 1.9 of 1.9.6."""


def dialled(facts: Facts, link: Link) -> Dialled:
    """Where a link dials, and whose certificate it should find there, by what its issuer shows."""
    problem = observed.unreadable(facts, link.issuer)
    if problem:
        return Dialled(missing=f"{link.issuer} could not be read")
    issuer = observed.site(facts, link.issuer)
    inside = issuer.config.get("ingress") == "none"
    endpoint = issuer.endpoint(edge=link.dialler in facts.derived(_edges))
    if endpoint.missing or not endpoint.host or not endpoint.port.isdecimal():
        return Dialled(missing=endpoint.missing or "a host", inside=inside)
    address = Address(endpoint.host, int(endpoint.port))
    return Dialled(
        address, certificate=issuer.server, inside=inside, router=pods.router_pod(facts, link.dialler)
    )


def _edges(facts: Facts) -> frozenset[SiteKey]:
    """All edge sites, which dial another address than interior ones."""
    return frozenset(site.key for site in facts.inputs.desired.sites if site.edge)


def _delivered(facts: Facts, link: Link) -> Judgement:
    found = observed.token(facts, link)
    report = facts.link_report(link)
    if observed.unreadable(facts, link.dialler):
        return unknown(f"{link.dialler} could not be read")
    if found and found.malformed:
        hint = "the next run replaces it"
        return failed(f"Secret {found.name} at {link.dialler}: {found.malformed}", hint, _RUN)
    if found:
        created = f" since {found.live.created:%Y-%m-%d %H:%M} UTC" if found.live.created else ""
        return passed(f"Secret {found.name} is at {link.dialler}{created}")
    reason = f": {report.reason}" if report and report.reason else ""
    seen = f"no token of {link.issuer} is at {link.dialler}{reason}"
    if report and report.state in _CUT:
        return warned(seen, _ORDERED)
    if report and _in_progress(facts, report):
        logs = oc(link.issuer, f"logs deploy/{names.SITE_CONTROLLER} --tail=20")
        return warned(
            seen,
            "a run requests and delivers it; the site-controller of the issuer logs why it issues none",
            logs,
        )
    return failed(seen, "a run requests and delivers it", _RUN)


def _of_token(judge: Callable[[Facts, Link, LinkSecret], Judgement]) -> Callable[[Facts, Link], Judgement]:
    def judged(facts: Facts, link: Link) -> Judgement:
        found = observed.token(facts, link)
        return judge(facts, link, found) if found else unknown("there is no token")

    return judged


def _authority(facts: Facts, link: Link, token: LinkSecret) -> Judgement:
    issuer = observed.site(facts, link.issuer)
    if observed.unreadable(facts, link.issuer) or not issuer.ca:
        return unknown(f"the CA of {link.issuer} was not read", "see check site-complete of the issuer")
    held = token.live.certificates.get("ca.crt", Certificate()).fingerprint
    if held != issuer.ca:
        return failed(
            f"the token has the CA {held[:16]}…, the issuer {issuer.ca[:16]}…",
            "the issuer was recreated or its CA replaced; the next run requests a new token",
            _RUN,
        )
    return passed(f"both are SHA-256 {held[:16]}…")


def _host(facts: Facts, link: Link, token: LinkSecret) -> Judgement:
    expected = dialled(facts, link)
    held = token.host(edge=link.dialler in facts.derived(_edges))
    if expected.address is None:
        return unknown(f"the token dials {held or 'no host'}; the issuer waits for {expected.missing}")
    if held != expected.address.host:
        return failed(
            f"the token dials {held or 'no host'}, the issuer is at {expected.address.host}",
            "the address of the issuer has changed; the next run requests a new token",
            _RUN,
        )
    return passed(f"the token dials {held}")


def _dates(facts: Facts, _: Link, token: LinkSecret) -> Judgement:
    expires = token.live.certificates.get("tls.crt", Certificate()).expires
    if expires is None:
        return unknown(f"tls.crt of Secret {token.name} has no readable date")
    seen = f"tls.crt of Secret {token.name} is valid until {expires:%Y-%m-%d}"
    if expires < facts.now:
        return failed(seen, "the issuer refuses it; the next run replaces it", _RUN)
    if expires - facts.now < RENEW_BEFORE:
        return warned(seen, "runs replace it from 60 days before on", _RUN)
    return passed(seen)


def _allowed(_: Facts, link: Link, token: LinkSecret) -> Judgement:
    if names.DISABLED in token.live.labels:
        return failed(
            f"Secret {token.name} has the label {names.DISABLED}",
            "a SkupperClusterPolicy of the dialler's cluster does not allow the host: add it to "
            "allowedOutgoingLinksHostnames, or let the service-controller read policies "
            "(deploy/rbac/service-controllers.yaml)",
            Command("oc get skupperclusterpolicies -o yaml", link.dialler.cluster),
        )
    return passed("the token is not disabled by a policy")


def _loaded(facts: Facts, link: Link, token: LinkSecret) -> Judgement:
    config = observed.site(facts, link.dialler).router_config
    if config.fault or not config.mode:
        return unknown(
            f"ConfigMap {names.INTERNAL} of {link.dialler} was not read", "see check site-complete"
        )
    if token.name in config.connectors:
        return passed(f"the router has the connector {token.name}")
    return failed(
        f"the router of {link.dialler} has no connector {token.name}",
        "its service-controller makes one of each token within seconds: see its log",
        oc(link.dialler, f"logs deploy/{names.SERVICE_CONTROLLER} --tail=20"),
    )


def _reported(facts: Facts, link: Link) -> Judgement:
    report = facts.link_report(link)
    if report is None:
        return unknown("the plan does not contain this link")
    seen = f"it is {report.state}; {_end('dialler', report.dialler)}; {_end('issuer', report.issuer)}"
    if report.reason:
        seen = f"{seen}; {report.reason}"
    if report.converged:
        return passed(seen)
    if report.state is LinkState.CUT:
        return warned(seen, _ORDERED)
    command = oc(link.dialler, f"logs deploy/{names.ROUTER} -c router --tail=50")
    if report.state in {LinkState.UNKNOWN, LinkState.SKIPPED}:
        return unknown(seen, "see the checks of both sites")
    if _in_progress(facts, report):
        wait = Command(f"qontract-skupper status {report.network} --wait 2m")
        return warned(seen, "it is under way, which takes up to 2 minutes", wait)
    return failed(seen, "the log of the dialler's router says why it does not connect", command)


def _in_progress(facts: Facts, report: LinkReport) -> bool:
    """True while a link may still come up by itself; one that waits for long is stuck."""
    return report.state is LinkState.SETTLING or (
        report.state in _IN_PROGRESS and observed.under_way(facts, report.since)
    )


def _end(which: str, seen: LinkObservation) -> str:
    at = f" ({seen.at:%H:%M:%S} UTC)" if seen.at else ""
    detail = f": {seen.detail}" if seen.detail else ""
    return f"{which} says {seen.verdict}{at}{detail}"


def _versions(facts: Facts, link: Link) -> Judgement:
    ends = {key: _version(observed.site(facts, key)) for key in (link.dialler, link.issuer)}
    seen = ", ".join(f"{key} runs {number or 'an unknown version'}" for key, number in ends.items())
    if not all(ends.values()):
        return unknown(seen)
    if len({tuple(number.split(".")[:_RELEASE]) for number in ends.values()}) > 1:
        return warned(seen, "Skupper links different releases, but update the older one soon")
    return passed(seen)


def _version(live: LiveSite) -> str:
    return live.router_config.version


_READABLE = ("cluster-reachable", "namespace-readable")
_DELIVERED = ("token-delivered",)

TOKENS: tuple[Check[Link], ...] = (
    Check("token-delivered", "its token is at the dialler", _delivered, _READABLE),
    Check("token-ca", "the token has the CA of the issuer", _of_token(_authority), _DELIVERED),
    Check("token-host", "the token dials the address of the issuer", _of_token(_host), _DELIVERED),
    Check("token-valid", "the certificate of the token is valid", _of_token(_dates), _DELIVERED),
    Check("policy-allows-outgoing", "policies let the dialler dial", _of_token(_allowed), _DELIVERED),
    Check("connector-loaded", "the dialler's router has the token", _of_token(_loaded), _DELIVERED),
)
"""What the issuer's network is tried after."""

REPORTS: tuple[Check[Link], ...] = (
    Check("versions-match", "both ends run the same release", _versions, _READABLE),
    Check("link-up", "both ends report the link", _reported, _READABLE),
)

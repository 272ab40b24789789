"""Checks of the way to the router that a link dials, for every version of Skupper.

It is tried from this machine, or by a pod in the namespace of the dialler. Neither is the dialler's router, so what
fails is only a warning while the link is up.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from shlex import quote

from reconcile.skupper.certificates import Certificate
from reconcile.skupper.diagnosis.checks import (
    Check,
    Checks,
    Command,
    Judgement,
    Outcome,
    failed,
    oc,
    passed,
    unknown,
    warned,
)
from reconcile.skupper.diagnosis.facts import Address, Dialled, Facts, Reach, Untried
from reconcile.skupper.diagnosis.probe_job import KEPT, LABEL, LASTS
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link

_FROM_HERE = "this was tried from this machine, not from the dialler's network"
_FROM_POD = "a pod of its own tried this, to which NetworkPolicies that select the router alone do not apply"
_MOST_HOSTS = 5

Judge = Callable[[Facts, Link, Dialled, Address, Reach], Judgement]


def _reached(judge: Judge) -> Callable[[Facts, Link], Judgement | None]:
    """Judge what a probe found; None where there is nothing to probe from there."""

    def judged(facts: Facts, link: Link) -> Judgement | None:
        dialled = facts.dialled.get(link)
        reach = facts.reached.get(link)
        if dialled is None or (dialled.inside and reach is None):
            return None
        if dialled.address is None:
            return unknown(
                f"{link.issuer} has no address yet: it waits for {dialled.missing}",
                "see check address-assigned of the issuer",
            )
        if reach is None:
            return unknown(f"{dialled.address} was not dialled", "leave out --no-dial")
        if isinstance(reach, Untried):
            return _untried(dialled.address, reach)
        found = judge(facts, link, dialled, dialled.address, reach)
        return replace(found, evidence=f"{_place(reach.origin)}: {found.evidence}")

    return judged


def _place(origin: SiteKey | None) -> str:
    return f"from a pod in {origin}" if origin else "from this machine"


def _untried(address: Address, why: Untried) -> Judgement:
    command = oc(why.origin, why.arguments) if why.arguments else None
    evidence = f"{_place(why.origin)}: {address} was not dialled: {why.reason}"
    return unknown(f"{evidence}; {why.leftover}" if why.leftover else evidence, why.hint, command)


def _left(judge: Judge) -> Judge:
    """Tell of a Job that could not be deleted, too."""

    def judged(facts: Facts, link: Link, dialled: Dialled, address: Address, reach: Reach) -> Judgement:
        found = judge(facts, link, dialled, address, reach)
        if not (reach.leftover and reach.origin):
            return found
        evidence = f"{found.evidence}; {reach.leftover}"
        if found.outcome is not Outcome.PASS:
            return replace(found, evidence=evidence)
        hint = f"Kubernetes ends it after {LASTS} s and deletes it after {KEPT} s more"
        return warned(evidence, hint, oc(reach.origin, f"delete jobs -l {LABEL}"))

    return judged


def _trouble(facts: Facts, link: Link, reach: Reach, evidence: str, hint: str, command: Command) -> Judgement:
    tried = _FROM_POD if reach.origin else _FROM_HERE
    report = facts.link_report(link)
    if report and report.converged:
        return warned(evidence, f"the link is {report.state} all the same: {tried}", command)
    return failed(evidence, f"{hint}; {tried}", command)


def _command(dialled: Dialled, reach: Reach, here: str, there: str) -> Command:
    """What to run to see the same: on this machine, or in the router of the dialler."""
    if reach.origin and dialled.router.container:
        return oc(reach.origin, f"exec {dialled.router.container} -- {there}")
    return Command(here)


def _resolves(facts: Facts, link: Link, dialled: Dialled, address: Address, reach: Reach) -> Judgement:
    if reach.addresses:
        return passed(f"{address.host} is {', '.join(reach.addresses)}")
    python = f"import socket; print(socket.gethostbyname({json.dumps(address.host)}))"
    return _trouble(
        facts,
        link,
        reach,
        f"{address.host} does not resolve: {reach.not_resolved}",
        "the name of a new load balancer is known after some minutes; after that, ask who runs the DNS zone",
        _command(dialled, reach, f"dig +short {quote(address.host)}", f"python3 -c {quote(python)}"),
    )


def _port_open(facts: Facts, link: Link, dialled: Dialled, address: Address, reach: Reach) -> Judgement:
    if not reach.addresses:
        return Judgement(Outcome.SKIPPED, f"not tried: {address.host} does not resolve")
    if reach.connected:
        return passed(f"{address} accepts connections")
    ways = (
        "firewalls, security groups and NetworkPolicies" if reach.origin else "firewalls and security groups"
    )
    python = (
        f"import socket; print(socket.create_connection(({json.dumps(address.host)}, {address.port}), 5))"
    )
    nc = f"nc -vz -w 5 {quote(address.host)} {address.port}"
    return _trouble(
        facts,
        link,
        reach,
        f"{address} cannot be connected to: {reach.not_connected}",
        f"check {ways} on the way, and that the issuer's router runs",
        _command(dialled, reach, nc, f"python3 -c {quote(python)}"),
    )


def _presented(facts: Facts, link: Link, dialled: Dialled, address: Address, reach: Reach) -> Judgement:
    """Whether the certificate that is presented there is the issuer's, is valid for the host, and has not expired."""
    if not reach.connected:
        return Judgement(Outcome.SKIPPED, f"not tried: {address} cannot be connected to")
    shown = (
        f"openssl s_client -connect {quote(str(address))} -servername {quote(address.host)} </dev/null | "
        "openssl x509 -noout -text"
    )
    command = _command(dialled, reach, shown, shown)
    found, expected = reach.presented, dialled.certificate.fingerprint
    if found is None:
        hint = "something other than a router listens there, or a proxy on the way ends the connection"
        evidence = f"{address} completed no TLS handshake: {reach.no_handshake}"
        return _trouble(facts, link, reach, evidence, hint, command)
    if not found.fingerprint:
        return unknown(f"{address} presents a certificate that cannot be read: {found.fault}", "", command)
    seen = f"{address} presents {described(found)}"
    if expected and found.fingerprint != expected:
        hint = (
            f"that is not the certificate of {link.issuer} ({expected[:16]}…). If the issuer's certificate "
            "was replaced, its router has to be restarted; else another server answers at this address"
        )
        return _trouble(facts, link, reach, seen, hint, command)
    if found.fault:
        return unknown(
            seen, f"the certificate of {link.issuer} was not read, so it cannot be compared", command
        )
    if not covers(found.hosts, address.host):
        return failed(
            seen,
            f"the router of the dialler refuses it, since it is not valid for {address.host}",
            command,
        )
    if found.expires and found.expires < facts.now:
        return failed(seen, "the router of the dialler refuses it, since it has expired", command)
    if not expected:
        return unknown(seen, f"the certificate of {link.issuer} was not read, so it cannot be compared")
    return passed(f"{seen}, which is that of {link.issuer}")


def described(certificate: Certificate) -> str:
    """The public facts of a certificate in a clause."""
    if certificate.fault:
        return f"a certificate with SHA-256 {certificate.fingerprint[:16]}…; {certificate.fault}"
    until = f", valid until {certificate.expires:%Y-%m-%d}" if certificate.expires else ""
    more = f" and {len(certificate.hosts) - _MOST_HOSTS} more" if len(certificate.hosts) > _MOST_HOSTS else ""
    hosts = ", ".join(certificate.hosts[:_MOST_HOSTS]) + more or "no host"
    return f"a certificate for {hosts}{until} (SHA-256 {certificate.fingerprint[:16]}…)"


def covers(hosts: tuple[str, ...], host: str) -> bool:
    """True if a certificate for these names is valid for a host; a leading ``*`` stands for one label."""
    wanted = host.lower().rstrip(".")
    parent = wanted.partition(".")[2]
    return any(name.lower() in {wanted, f"*.{parent}" if parent else wanted} for name in hosts)


CHECKS = Checks(
    links=(
        Check(
            "host-resolves",
            "the issuer's host resolves",
            _reached(_left(_resolves)),
            after=("cluster-reachable",),
        ),
        Check("port-open", "its port accepts connections", _reached(_port_open), after=("host-resolves",)),
        Check(
            "certificate-presented",
            "the certificate presented there is the issuer's",
            _reached(_presented),
            after=("port-open",),
        ),
    ),
)

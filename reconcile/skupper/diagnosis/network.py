"""Checks of the way from this machine to the router that a link dials, for every version of Skupper.

The dialler has a network of its own, so what fails from here is only a warning while the link is up.
"""

from collections.abc import Callable
from shlex import quote

from reconcile.skupper.certificates import Certificate
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
from reconcile.skupper.diagnosis.facts import Address, Dialled, Facts, Reach
from reconcile.skupper.topology import Link

_FROM_HERE = "this was tried from this machine, not from the dialler's network"

Judge = Callable[[Facts, Link, Dialled, Address, Reach], Judgement]


def _reached(judge: Judge) -> Callable[[Facts, Link], Judgement | None]:
    """Judge what a probe found; None where there is nothing to probe from here."""

    def judged(facts: Facts, link: Link) -> Judgement | None:
        dialled = facts.dialled.get(link)
        if dialled is None or dialled.inside:
            return None
        if dialled.address is None:
            return unknown(
                f"{link.issuer} has no address yet: it waits for {dialled.missing}",
                "see check address-assigned of the issuer",
            )
        reach = facts.reached.get(dialled.address)
        if reach is None:
            return unknown(f"{dialled.address} was not dialled", "leave out --no-dial")
        return judge(facts, link, dialled, dialled.address, reach)

    return judged


def _trouble(facts: Facts, link: Link, evidence: str, hint: str, command: Command) -> Judgement:
    report = facts.link_report(link)
    if report and report.converged:
        return warned(evidence, f"the link is {report.state} all the same: {_FROM_HERE}", command)
    return failed(evidence, f"{hint}; {_FROM_HERE}", command)


def _resolves(facts: Facts, link: Link, _: Dialled, address: Address, reach: Reach) -> Judgement:
    if reach.addresses:
        return passed(f"{address.host} is {', '.join(reach.addresses)}")
    return _trouble(
        facts,
        link,
        f"{address.host} does not resolve: {reach.not_resolved}",
        "the name of a new load balancer is known after some minutes; after that, ask who runs the DNS zone",
        Command(f"dig +short {quote(address.host)}"),
    )


def _port_open(facts: Facts, link: Link, _: Dialled, address: Address, reach: Reach) -> Judgement:
    if not reach.addresses:
        return Judgement(Outcome.SKIPPED, f"not tried: {address.host} does not resolve")
    if reach.connected:
        return passed(f"{address} accepts connections")
    return _trouble(
        facts,
        link,
        f"{address} cannot be connected to: {reach.not_connected}",
        "check firewalls and security groups on the way, and that the issuer's router runs",
        Command(f"nc -vz -w 5 {quote(address.host)} {address.port}"),
    )


def _presented(facts: Facts, link: Link, dialled: Dialled, address: Address, reach: Reach) -> Judgement:
    """Whether the certificate that is presented there is the issuer's, is valid for the host, and has not expired."""
    if not reach.connected:
        return Judgement(Outcome.SKIPPED, f"not tried: {address} cannot be connected to")
    command = Command(
        f"openssl s_client -connect {quote(str(address))} -servername {quote(address.host)} </dev/null | "
        "openssl x509 -noout -text"
    )
    found = reach.presented
    if found is None:
        hint = "something other than a router listens there, or a proxy on the way ends the connection"
        return _trouble(
            facts, link, f"{address} completed no TLS handshake: {reach.no_handshake}", hint, command
        )
    seen = f"{address} presents {described(found)}"
    if found.fault:
        return unknown(f"{address} presents a certificate that cannot be read: {found.fault}", "", command)
    if dialled.certificate and found.fingerprint != dialled.certificate:
        hint = (
            f"that is not the certificate of {link.issuer} ({dialled.certificate[:16]}…). If the issuer's certificate "
            "was replaced, its router has to be restarted; else another server answers at this address"
        )
        return _trouble(facts, link, seen, hint, command)
    if not covers(found.hosts, address.host):
        return failed(
            seen,
            f"the router of the dialler refuses it, since it is not valid for {address.host}",
            command,
        )
    if found.expires and found.expires < facts.now:
        return failed(seen, "the router of the dialler refuses it, since it has expired", command)
    if not dialled.certificate:
        return unknown(seen, f"the certificate of {link.issuer} was not read, so it cannot be compared")
    return passed(f"{seen}, which is that of {link.issuer}")


def described(certificate: Certificate) -> str:
    """The public facts of a certificate in a clause."""
    until = f", valid until {certificate.expires:%Y-%m-%d}" if certificate.expires else ""
    hosts = ", ".join(certificate.hosts) or "no host"
    return f"a certificate for {hosts}{until} (SHA-256 {certificate.fingerprint[:16]}…)"


def covers(hosts: tuple[str, ...], host: str) -> bool:
    """True if a certificate for these names is valid for a host; a leading ``*`` stands for one label."""
    wanted = host.lower().rstrip(".")
    parent = wanted.partition(".")[2]
    return any(name.lower() in {wanted, f"*.{parent}" if parent else wanted} for name in hosts)


CHECKS = Checks(
    links=(
        Check(
            "host-resolves", "the issuer's host resolves", _reached(_resolves), after=("cluster-reachable",)
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

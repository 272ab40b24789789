"""Whether a dialling router and the one behind an address come to terms: TLS both ways, and the role."""

from collections.abc import Iterable

from reconcile.sandbox.skupper import certificates
from reconcile.sandbox.skupper.states import Address, Dial, RouterState

_DAY = 86400


def find_address(
    dial: Dial, dialler: RouterState, others: Iterable[RouterState]
) -> tuple[RouterState, Address] | None:
    """Return who answers at host and port of a connector, as the dialler's cluster resolves the host."""
    target = (dial.connector.host, dial.connector.port)
    for state in others:
        for address in state.addresses:
            known = not address.local or state.cluster == dialler.cluster
            if known and (address.host, address.port) == target:
                return state, address
    return None


def accepts(dial: Dial, issuer: RouterState, address: Address, *, at: float) -> bool:
    """Tell whether the two routers accept one another at a moment (epoch seconds)."""
    if address.role not in issuer.listeners or dial.connector.role != address.role:
        return False
    day = int(at // _DAY)
    server, client = issuer.server, dial.credential
    trusted = certificates.trusts(client.authority, server.certificate, day)
    if not trusted or dial.connector.host not in certificates.hosts_of(server.certificate):
        return False
    if not issuer.listeners[address.role]:
        return True
    known = certificates.trusts(server.authority, client.certificate, day)
    return known and certificates.is_pair(client.certificate, client.key)

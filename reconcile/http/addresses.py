"""Which addresses credentials may be sent to without encryption."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether this machine itself is meant, so that nobody else can listen."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"

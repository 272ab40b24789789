"""How to reach one cluster: address, credentials, time-outs and retries.

Plain values, so that any package can create them without importing the Kubernetes client.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """Address and credentials of one API server."""

    cluster: str
    """Name of the cluster in app-interface; every error and log line uses it."""
    server: str
    """``https://host:port``, with a path where several clusters share a host. Plain ``http`` is accepted on
    loopback only, unless ``insecure``."""
    token: str = field(repr=False)
    """Bearer token. It appears in no repr, error or log line."""
    ca_file: str | None = None
    """PEM file of authorities trusted besides the system's; ``None``: the system's alone."""
    insecure: bool = False
    """Skip certificate checks, as ``insecureSkipTLSVerify`` of the data asks for."""


_WHOLE_ANSWER = 60.0
"""Seconds that a complete response may take, unless twice ``read`` is longer than that."""
_WHOLE_CLUSTER = 90.0
"""Seconds within which a cluster is to be read, unless nine times ``read`` is longer than that."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for one attempt."""

    connect: float = 5.0
    """Until the connection is established, TLS handshake included."""
    read: float = 10.0
    """Until the first byte of the answer, and between two bytes of it."""
    whole: float | None = None
    """Until the last byte of the answer; ``None``: twice as long as ``read``, and one minute at least."""

    @property
    def limit(self) -> float:
        """Seconds until the last byte of the answer; a slow server cannot block a caller for longer."""
        return max(_WHOLE_ANSWER, 2 * self.read) if self.whole is None else self.whole

    @property
    def cluster(self) -> float:
        """Seconds until a cluster must have been read, and until the last chunk of a LIST; then it is given up."""
        return max(_WHOLE_CLUSTER, 9 * self.read) if self.whole is None else 1.5 * self.whole


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how soon to retry after a transient fault."""

    attempts: int = 4
    """Attempts in total, including the first; 1 means no retry."""
    base: float = 0.2
    """Seconds before the second attempt; doubled each time, with jitter."""
    cap: float = 5.0
    """Longest pause in seconds, also if ``Retry-After`` asks for more."""
    within: float = 60.0
    """Seconds after the first attempt in which others may start."""

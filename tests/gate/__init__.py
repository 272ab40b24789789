"""A proxy between us and one API server that does to requests what networks and servers do on bad days.

`gate.Gate` is the proxy, `asking.Asked` what it tells hooks of a request, `faults` the hooks ready made, `port` its
place in the network. Nothing in here knows which API server is behind: a simulated one or a real one.
"""

from tests.gate.asking import Asked
from tests.gate.gate import Gate, Spoil

__all__ = ["Asked", "Gate", "Spoil"]

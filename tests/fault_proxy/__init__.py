"""A proxy between us and one API server that does to requests what networks and servers do on bad days.

`proxy.FaultProxy` is the proxy, `asking.Asked` what it tells hooks of a request, `faults` the ready-made hooks, `port`
its place in the network. Nothing in here knows which API server is behind: a simulated one or a real one.
"""

from tests.fault_proxy.asking import Asked
from tests.fault_proxy.proxy import FaultProxy, Spoil

__all__ = ["Asked", "FaultProxy", "Spoil"]

"""A diagnosis of two sites and their link: a router that does not start, unknown rights, and nothing answers."""

from functools import cache

from reconcile.skupper.diagnosis.checks import Result
from reconcile.skupper.diagnosis.facts import Reach, Unread
from tests.skupper.diagnosis.healthy import Diagnosed, condition


@cache
def results() -> tuple[Result, ...]:
    site = Diagnosed()
    site.deployment("a", "skupper-router", ready=0)
    unscheduled = condition(
        "PodScheduled", "False", reason="Unschedulable", message="0/6 nodes: \x1b[2J no room"
    )
    site.pod("a", "skupper-router", conditions=[unscheduled])
    site.event(
        "a", "skupper-router-5d9c7-x2x7k", reason="FailedScheduling", message="0/6 nodes are available"
    )
    site.rights["b"] = Unread("b/net: cannot create selfsubjectrulesreviews: unreachable: time-out")
    site.reach = Reach(("192.0.2.1",), not_connected="no answer within 5 s")
    return site.results()

"""Holds that what our client asks of simulated clusters has been asked of a real kube-apiserver, too.

The conversation that is played to both has a scene for every shape of request: verb, resource, content type of the
body, status of the answer. A run whose tests make simulated clusters answer a request of another shape fails, since
it is unknown whether a real server answers alike. Answers of a fault proxy in place of a server do not count.
A plugin of the tests' conftest; workers report what they saw when they end.
"""

from collections.abc import Iterable

import pytest

from reconcile import INTEGRATION
from reconcile.sandbox.kubernetes import requests
from reconcile.sandbox.kubernetes.requests import RequestShape
from tests.sandbox.kubernetes import played

_seen = pytest.StashKey[set[RequestShape]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing."""
    config.stash[_seen] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that began the run what was seen here; fail the run there."""
    config = session.config
    config.stash[_seen] |= requests.answered.get(INTEGRATION, set())
    if hasattr(config, "workeroutput"):
        config.workeroutput["shapes"] = [tuple(shape) for shape in config.stash[_seen]]
    elif unplayed(config.stash[_seen]) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Add what a worker has seen."""
    shapes = getattr(node, "workeroutput", {}).get("shapes", ())
    node.config.stash[_seen] |= {RequestShape(*shape) for shape in shapes}  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what no scene plays."""
    if missing := unplayed(config.stash[_seen]):
        terminalreporter.section("requests of our client that no scene plays to a real kube-apiserver")
        for shape in missing:
            terminalreporter.line(reported(shape))
        terminalreporter.line("add a scene to tests/sandbox/kubernetes/conversation.py and record it again")


def unplayed(seen: Iterable[RequestShape]) -> list[RequestShape]:
    """The shapes that are neither in the conversation nor excepted from it."""
    known = played.shapes()
    return sorted(shape for shape in seen if shape not in known and not played.exception(shape))


def reported(shape: RequestShape) -> str:
    """A shape on one line."""
    body = f" ({shape.content_type})" if shape.content_type else ""
    return f"{shape.verb} {shape.resource}{body}: {shape.status}"

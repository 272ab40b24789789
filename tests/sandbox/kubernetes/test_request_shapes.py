"""What our client asks of simulated clusters is compared with the conversation that is played to a real server."""

import subprocess
import sys
from pathlib import Path

import pytest

from reconcile.kinds import Kind
from reconcile.openshift.access import Access, Retries
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes import requests
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.requests import RequestShape
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests import request_shapes

ROOT = Path(__file__).parents[3]
WIDGET = Kind("example.com", "v1", "widgets", "Widget")
UNKNOWN = RequestShape("update", "widgets.example.com", "application/json", 418)

pytestmark = pytest.mark.simulation

ASKING = """
from reconcile.kinds import CONFIG_MAP, Kind
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.servers import ApiServers

WIDGET = Kind("example.com", "v1", "widgets", "Widget")

def test_it():
    with ApiServers([ClusterSpec("c", extra_kinds=(WIDGET,))]) as servers:
        access = Access("c", servers["c"].url, servers["c"].token, str(servers.ca_file))
        with Client(access) as client:
            client.list({listed})
"""


def ask(kind: Kind) -> frozenset[RequestShape]:
    """What is noted of a LIST by a client that nobody else uses."""
    agent = f"test-{kind.plural}"
    with ApiServers([ClusterSpec("one", extra_kinds=(WIDGET,))]) as servers:
        cluster = servers["one"]
        access = Access("one", cluster.url, cluster.token, str(servers.ca_file))
        with Client(access, user_agent=f"{agent}/1", retries=Retries(attempts=1)) as client:
            client.list(kind)
    return frozenset(requests.answered.get(agent, ()))


def test_a_request_that_a_cluster_answers_is_noted() -> None:
    assert ask(WIDGET) == {RequestShape("list", "widgets.example.com", "", 200)}


def test_a_shape_that_no_scene_plays_is_named() -> None:
    assert request_shapes.unplayed([UNKNOWN]) == [UNKNOWN]
    assert request_shapes.reported(UNKNOWN) == "update widgets.example.com (application/json): 418"


def test_a_status_that_no_scene_brings_about_is_named() -> None:
    played = RequestShape("list", "configmaps", "", 200)
    assert request_shapes.unplayed([played, played._replace(status=418)]) == [played._replace(status=418)]


def test_what_no_kube_apiserver_serves_is_excepted() -> None:
    assert request_shapes.unplayed([RequestShape("list", "routes.route.openshift.io", "", 200)]) == []


ONE_PROCESS = pytest.param("0", marks=pytest.mark.exhaustive("the same, without workers"))


@pytest.mark.parametrize("processes", [ONE_PROCESS, "1"])
def test_a_run_that_asks_what_no_scene_plays_fails(tmp_path: Path, processes: str) -> None:
    code, told = run(tmp_path, processes, listed="WIDGET")
    assert "1 passed" in told
    assert "list widgets.example.com: 200" in told
    assert code == pytest.ExitCode.TESTS_FAILED


@pytest.mark.exhaustive("the run of all tests is one")
def test_a_run_that_asks_only_what_a_scene_plays_passes(tmp_path: Path) -> None:
    code, told = run(tmp_path, "0", listed="CONFIG_MAP")
    assert code == pytest.ExitCode.OK, told


def run(folder: Path, processes: str, listed: str) -> tuple[int, str]:
    """Exit code and output of a run of one test, which lists a kind."""
    test = folder / "test_asking.py"
    test.write_text(ASKING.format(listed=listed))
    command = [sys.executable, "-m", "pytest", "-p", "tests.request_shapes", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-n", processes, "--rootdir", folder, "-c", "/dev/null", test],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr

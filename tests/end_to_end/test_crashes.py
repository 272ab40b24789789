"""Killing `run` at any moment loses nothing: the next run ends where an undisturbed one does.

A first run ends after its k-th write, and another one finishes it; then all is declared deleted, that run ends after
its k-th write too, and another one finishes it. The clusters stay the same from k to k, so each round also starts from
what the one before has left: nothing.

Every k is tried on simulated clusters, by runs in this process, for a network of two sites: it has every kind of write,
from the policy and the objects of a site to requests, deliveries and removals of tokens, and the fewest of each. What
a real SIGKILL, real API servers and more links add does not depend on k, so they see a sample, SIGKILL only on those
servers. With ``--proof`` every k is tried everywhere.
"""

import random
from functools import partial
from pathlib import Path

import pytest

from tests.clusters.backends import Backend
from tests.end_to_end import cli_harness
from tests.end_to_end.cli_harness import Command, FaultProxies
from tests.end_to_end.crashing import PAIR, cutting_off, killing_processes, rounds
from tests.fault_proxy import Asked, FaultProxy


def _larger(*networks: str) -> list[object]:
    marks = pytest.mark.exhaustive("has more writes of the same kinds")
    return [pytest.param(network, marks=marks) for network in networks]


OBJECTS = {
    *("serviceaccounts", "roles", "rolebindings", "deployments", "configmaps"),
    *("skupperclusterpolicies", "clusterroles", "clusterrolebindings"),
}
EVERY_WRITE = {("patch", plural) for plural in OBJECTS} | {("create", "secrets"), ("delete", "secrets")}
EVERY_REMOVAL = {("delete", plural) for plural in {*OBJECTS, "secrets"}} | {("patch", "serviceaccounts")}
"""Removals are recorded on ServiceAccounts first."""

DRAWN = 3
"""How many of the writes that a process is killed after are drawn, besides the first, the middle and the last."""


@pytest.mark.timeout(1800)
@pytest.mark.simulation("clusters that cut off a run")
@pytest.mark.parametrize("network", [PAIR, *_larger("vault", "grafana", "fake-api-server")])
def test_a_run_that_is_cut_off_after_any_of_its_writes_is_finished_by_the_next(
    network: str, backend: Backend, tmp_path: Path
):
    with rounds(network, backend, tmp_path, cutting_off) as on:
        assert set(on.writes) == EVERY_WRITE
        assert set(on.removals) == EVERY_REMOVAL
        on.go_through_all()


@pytest.mark.timeout(1800)
@pytest.mark.real_suffices("runs are cut off after every write there")
@pytest.mark.parametrize("network", ["vault", *_larger("grafana", "fake-api-server")])
def test_a_process_that_is_killed_after_any_of_its_writes_is_finished_by_the_next(
    network: str, backend: Backend, tmp_path: Path, proof: bool, draw: random.Random
):
    with rounds(network, backend, tmp_path, killing_processes) as on:
        if proof:
            on.go_through_all()
        else:
            on.go_through_some(draw, DRAWN)


def test_a_run_killed_between_the_writes_to_two_clusters_is_finished_by_the_next(
    backend: Backend, tmp_path: Path
):
    data = cli_harness.data_of(tmp_path, "vault")
    with cli_harness.sandbox(backend, tmp_path, data) as box, FaultProxies(box) as proxies:
        killed = Command(box, "run", "--wait", "0")
        written: set[FaultProxy] = set()

        def between(proxy: FaultProxy, asked: Asked) -> None:
            if asked.write:
                written.add(proxy)
                if len(written) > 1:
                    killed.kill()
                    raise ConnectionResetError

        for proxy in proxies:
            proxy.before.append(partial(between, proxy))
        killed.finish()
        for proxy in proxies:
            proxy.clear()
        assert len(written) > 1
        code, result = cli_harness.command(box, "run")
        assert code == 0, result


def test_two_runs_at_the_same_time_end_as_one(backend: Backend, tmp_path: Path):
    with cli_harness.sandbox(backend, tmp_path, cli_harness.data_of(tmp_path, "vault")) as box:
        both = [Command(box, "run") for _ in range(2)]
        ended = [command.finish() for command in both]
        assert [code for code, _ in ended] == [0, 0], ended
        code, result = cli_harness.command(box, "run", "--log-level", "DEBUG")
        assert code == 0, result
        assert result.count(" 0 of them writes") == len(box.clusters)

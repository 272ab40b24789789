"""kubectl works against simulated clusters: every verb that people use, with the kubectl that is on the PATH."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconcile import kinds
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.sandbox.kubernetes.conftest import config_map
from tests.sandbox.kubernetes.conversation import IMAGE, deployment, secret, service
from tests.waiting import until

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(fleet: ApiServers, tmp_path: Path) -> dict[str, str]:
    config = fleet.write_kubeconfig(tmp_path / "kubeconfig")
    return {**os.environ, "KUBECONFIG": str(config), "HOME": str(tmp_path)}


@pytest.fixture
def kubectl(environment: dict[str, str]) -> Run:
    """Runs kubectl in namespace ``a`` of the OpenShift cluster; fails the test if kubectl fails."""

    def run(*arguments: str, stdin: Any = None, fails: bool = False) -> subprocess.CompletedProcess[str]:
        text = (
            stdin
            if isinstance(stdin, str | None)
            else yaml.safe_dump_all(stdin if isinstance(stdin, list) else [stdin])
        )
        done = subprocess.run(
            ["kubectl", "--context=shift", "--namespace=a", *arguments],
            input=text,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done

    return run


MANIFESTS = [
    config_map(data={"a": "1"}),
    secret(stringData={"password": "x"}),
    deployment({**IMAGE, "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]}),
    service(ports=[{"port": 80}], selector={"app": "d"}),
    {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": {"name": "r"},
        "spec": {"to": {"kind": "Service", "name": "svc"}},
    },
    {
        "apiVersion": "skupper.io/v1alpha1",
        "kind": "SkupperClusterPolicy",
        "metadata": {"name": "policy"},
        "spec": {"namespaces": ["*"]},
    },
]


def outcomes(done: subprocess.CompletedProcess[str]) -> set[str]:
    return {line.partition(" ")[2] for line in done.stdout.splitlines()}


def test_manifests_are_applied_and_a_second_time_unchanged(kubectl: Run) -> None:
    assert outcomes(kubectl("apply", "-f", "-", stdin=MANIFESTS)) == {"created"}
    assert outcomes(kubectl("apply", "-f", "-", stdin=MANIFESTS[:1] + MANIFESTS[2:])) == {"unchanged"}


def test_a_second_apply_changes_what_the_manifest_changes(kubectl: Run, fleet: ApiServers) -> None:
    kubectl("apply", "-f", "-", stdin=deployment({**IMAGE, "env": [{"name": "A", "value": "1"}]}))
    kubectl("apply", "-f", "-", stdin=deployment({**IMAGE, "image": "quay.io/x:2"}))
    container = fleet["shift"].find(kinds.DEPLOYMENT, "d", "a")["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], "env" in container) == ("quay.io/x:2", False)


@pytest.mark.simulation("tells the revision of its whole store")
def test_server_side_apply_is_idempotent(kubectl: Run, fleet: ApiServers) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=MANIFESTS)
    until(lambda: fleet["shift"].find(kinds.DEPLOYMENT, "d", "a").get("status"))
    until(lambda: fleet["shift"].find(kinds.ROUTE, "r", "a").get("status"))
    before = fleet["shift"].revision
    assert outcomes(kubectl("apply", "--server-side", "-f", "-", stdin=MANIFESTS)) == {"serverside-applied"}
    assert fleet["shift"].revision == before


def test_server_side_apply_meets_conflicts_and_can_force_them(kubectl: Run, fleet: ApiServers) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=config_map(data={"a": "1"}))
    other = ("apply", "--server-side", "--field-manager=other", "-f", "-")
    refused = kubectl(*other, stdin=config_map(data={"a": "2"}), fails=True)
    assert 'conflict with "kubectl"' in refused.stderr
    kubectl(*other, "--force-conflicts", stdin=config_map(data={"a": "2"}))
    assert fleet["shift"].find(kinds.CONFIG_MAP, "cm", "a")["data"] == {"a": "2"}


def test_dry_runs_on_the_server_leave_nothing(kubectl: Run, fleet: ApiServers) -> None:
    done = kubectl("apply", "--dry-run=server", "-f", "-", stdin=MANIFESTS)
    assert outcomes(done) == {"created (server dry run)"}
    assert fleet["shift"].objects(kinds.CONFIG_MAP, "a") == []


def test_what_differs_is_shown(kubectl: Run) -> None:
    kubectl("apply", "-f", "-", stdin=config_map(data={"a": "1"}))
    shown = kubectl("diff", "-f", "-", stdin=config_map(data={"a": "2"}), fails=True).stdout
    assert '-  a: "1"' in shown
    assert '+  a: "2"' in shown


@pytest.mark.simulation("OpenShift has it, a definition of Routes has not")
def test_objects_are_listed_by_name(kubectl: Run) -> None:
    kubectl("apply", "-f", "-", stdin=MANIFESTS)
    shown = kubectl("get", "configmap,secret,service,route").stdout
    found = {line.split()[0] for line in shown.splitlines() if line}
    assert found == {"NAME", "configmap/cm", "secret/s", "service/svc", "route.route.openshift.io/r"}


def test_objects_are_listed_across_namespaces(kubectl: Run) -> None:
    kubectl("apply", "-f", "-", stdin=config_map())
    kubectl("apply", "-f", "-", "--namespace=b", stdin=config_map("other"))
    shown = kubectl("get", "configmaps", "--all-namespaces", "--no-headers").stdout.splitlines()
    # The API server has a ConfigMap of its own in kube-system.
    found = [line.split()[:2] for line in shown]
    assert [pair for pair in found if pair[0] != "kube-system"] == [["a", "cm"], ["b", "other"]]


def test_objects_are_selected_by_labels_and_fields(kubectl: Run) -> None:
    objects = [config_map("one", metadata={"labels": {"x": "1"}}), config_map("two")]
    kubectl("apply", "-f", "-", stdin=objects)
    assert kubectl("get", "cm", "-l", "x in (1,2)", "-o", "name").stdout == "configmap/one\n"
    assert kubectl("get", "cm", "-l", "!x", "-o", "name").stdout == "configmap/two\n"
    assert (
        kubectl("get", "cm", "--field-selector=metadata.name=two", "-o", "name").stdout == "configmap/two\n"
    )


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_an_object_is_shown_whole(kubectl: Run, form: str) -> None:
    kubectl("apply", "-f", "-", stdin=config_map(data={"a": "1"}))
    shown = yaml.safe_load(kubectl("get", "configmap", "cm", "-o", form).stdout)
    assert (shown["kind"], shown["data"]) == ("ConfigMap", {"a": "1"})


@pytest.mark.simulation
def test_changes_are_watched(environment: dict[str, str], fleet: ApiServers) -> None:
    command = ["kubectl", "--context=shift", "--namespace=a", "get", "configmaps", "--watch", "-o", "name"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        until(lambda: fleet["shift"].open_watches == 1)
        fleet["shift"].load(config_map("seen", metadata={"namespace": "a"}))
        assert process.stdout.readline() == "configmap/seen\n"
        process.terminate()


@pytest.mark.sampled(3, "all kinds are described by the same answers")
@pytest.mark.parametrize(
    "resource", ["configmap/cm", "secret/s", "deployment/d", "service/svc", "route/r", "namespace/a"]
)
def test_objects_are_described(kubectl: Run, resource: str) -> None:
    kubectl("apply", "-f", "-", stdin=MANIFESTS)
    name = resource.partition("/")[2]
    assert kubectl("describe", resource).stdout.split()[:2] == ["Name:", name]


def test_deployments_are_waited_for(kubectl: Run) -> None:
    kubectl("apply", "-f", "-", stdin=deployment(IMAGE))
    assert (
        "condition met"
        in kubectl("wait", "--for=condition=Available", "deployment/d", "--timeout=10s").stdout
    )
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/d", "--timeout=10s").stdout


def test_objects_are_deleted_and_their_end_waited_for(kubectl: Run, fleet: ApiServers) -> None:
    kubectl("apply", "-f", "-", stdin=MANIFESTS)
    kubectl("delete", "-f", "-", stdin=MANIFESTS)
    assert fleet["shift"].objects(kinds.DEPLOYMENT, "a") == []


def test_objects_are_deleted_by_label(kubectl: Run, fleet: ApiServers) -> None:
    objects = [config_map("one", metadata={"labels": {"x": "1"}}), config_map("two")]
    kubectl("apply", "-f", "-", stdin=objects)
    kubectl("delete", "configmaps", "-l", "x=1")
    assert [obj["metadata"]["name"] for obj in fleet["shift"].objects(kinds.CONFIG_MAP, "a")] == ["two"]


def test_what_does_not_exist_is_not_found(kubectl: Run) -> None:
    done = kubectl("get", "deployment", "nothing", fails=True)
    assert done.stderr.strip() == 'Error from server (NotFound): deployments.apps "nothing" not found'


def test_objects_are_created_from_the_command_line(kubectl: Run, fleet: ApiServers) -> None:
    kubectl("create", "namespace", "fresh")
    kubectl("create", "configmap", "c", "--from-literal=a=b", "--namespace=fresh")
    kubectl("create", "secret", "generic", "s", "--from-literal=a=b", "--namespace=fresh")
    kubectl("create", "serviceaccount", "sa", "--namespace=fresh")
    kubectl("create", "role", "r", "--verb=get", "--resource=secrets", "--namespace=fresh")
    kubectl("create", "rolebinding", "rb", "--role=r", "--serviceaccount=fresh:sa", "--namespace=fresh")
    cluster = fleet["shift"]
    assert cluster.find(kinds.CONFIG_MAP, "c", "fresh")["data"] == {"a": "b"}
    assert cluster.find(kinds.SECRET, "s", "fresh")["data"] == {"a": "Yg=="}
    assert cluster.find(kinds.ROLE, "r", "fresh")["rules"][0]["resources"] == ["secrets"]
    assert cluster.find(kinds.ROLE_BINDING, "rb", "fresh")["subjects"][0]["name"] == "sa"


def test_what_exists_is_not_created_again(kubectl: Run) -> None:
    kubectl("create", "-f", "-", stdin=config_map())
    assert '"cm" already exists' in kubectl("create", "-f", "-", stdin=config_map(), fails=True).stderr


def test_labels_and_annotations_are_set_and_removed(kubectl: Run, fleet: ApiServers) -> None:
    kubectl("create", "-f", "-", stdin=config_map())
    kubectl("label", "configmap", "cm", "x=1")
    kubectl("annotate", "configmap", "cm", "y=2")
    metadata = fleet["shift"].find(kinds.CONFIG_MAP, "cm", "a")["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"x": "1"}, {"y": "2"})
    kubectl("label", "configmap", "cm", "x-")
    assert "labels" not in fleet["shift"].find(kinds.CONFIG_MAP, "cm", "a")["metadata"]


@pytest.mark.parametrize(
    ("form", "patch"),
    [
        ("merge", '{"data": {"b": "2"}}'),
        ("strategic", '{"data": {"b": "2"}}'),
        ("json", '[{"op": "add", "path": "/data/b", "value": "2"}]'),
    ],
)
def test_objects_are_patched(kubectl: Run, fleet: ApiServers, form: str, patch: str) -> None:
    kubectl("create", "-f", "-", stdin=config_map(data={"a": "1"}))
    kubectl("patch", "configmap", "cm", "--type", form, "-p", patch)
    assert fleet["shift"].find(kinds.CONFIG_MAP, "cm", "a")["data"] == {"a": "1", "b": "2"}


def test_a_fetched_object_is_replaced(kubectl: Run, fleet: ApiServers) -> None:
    kubectl("create", "-f", "-", stdin=config_map(data={"a": "1"}))
    fetched = json.loads(kubectl("get", "configmap", "cm", "-o", "json").stdout)
    kubectl("replace", "-f", "-", stdin={**fetched, "data": {"a": "2"}})
    assert fleet["shift"].find(kinds.CONFIG_MAP, "cm", "a")["data"] == {"a": "2"}
    stale = kubectl("replace", "-f", "-", stdin={**fetched, "data": {"a": "3"}}, fails=True)
    assert "the object has been modified" in stale.stderr


@pytest.mark.simulation("OpenShift has it, a definition of Routes has not")
def test_resources_are_discovered(kubectl: Run) -> None:
    shown = kubectl("api-resources", "-o", "name").stdout.splitlines()
    assert {
        "secrets",
        "deployments.apps",
        "routes.route.openshift.io",
    } <= set(shown)


@pytest.mark.simulation("namespaces go by the hand of a controller, which not every control plane has")
def test_namespaces_are_deleted_with_all_that_is_in_them(kubectl: Run) -> None:
    kubectl("apply", "-f", "-", stdin=MANIFESTS)
    kubectl("delete", "namespace", "a")
    left = kubectl("get", "namespaces", "-o", "name").stdout.splitlines()
    assert {"namespace/a", "namespace/b"} & set(left) == {"namespace/b"}

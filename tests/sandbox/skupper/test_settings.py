"""How the values of ``skupper-site`` are read, without a cluster."""

import pytest

from reconcile.sandbox.skupper.settings import Settings, read_settings


def read(*, openshift: bool = True, **data: str) -> Settings:
    metadata = {"name": "skupper-site", "namespace": "ns", "uid": "id"}
    config = {key.replace("_", "-"): value for key, value in data.items()}
    return read_settings({"metadata": metadata, "data": config}, openshift=openshift)


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("T", True), ("yes", False), ("", False)]
)
def test_a_switch_is_read_as_go_does(text: str, value: bool) -> None:
    assert read(service_controller=text).service_controller is value


def test_logging_levels_get_their_plus() -> None:
    assert read(router_logging="ROUTER:debug,error+").logging == (("ROUTER", "debug+"), ("DEFAULT", "error+"))


@pytest.mark.parametrize(
    ("openshift", "data", "ingress"),
    [
        (True, {}, "route"),
        (False, {}, "loadbalancer"),
        (True, {"cluster_local": "true"}, "none"),
        (True, {"ingress": "", "cluster_local": "true"}, ""),
    ],
)
def test_the_default_ingress_depends_on_the_cluster(
    openshift: bool, data: dict[str, str], ingress: str
) -> None:
    assert read(openshift=openshift, **data).ingress == ingress


@pytest.mark.parametrize("text", ["0", "", "many"])
def test_a_number_of_routers_that_makes_no_sense_is_one(text: str) -> None:
    assert read(routers=text).routers == 1


def test_annotations_may_be_separated_by_something_else() -> None:
    annotations = read(annotation_separator=";", router_pod_annotations="a=1,2;b=3").router_annotations

    assert {"a": "1,2", "b": "3"}.items() <= annotations.items()

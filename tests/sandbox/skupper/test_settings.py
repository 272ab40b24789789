"""How the values of ``skupper-site`` are read, without a cluster."""

import pytest

from reconcile.sandbox.skupper.parsing import boolean, logging_levels, pairs, quantity
from reconcile.sandbox.skupper.settings import Settings, read_settings


def read(*, openshift: bool = True, **data: str) -> Settings:
    metadata = {"name": "skupper-site", "namespace": "ns", "uid": "id"}
    config = {key.replace("_", "-"): value for key, value in data.items()}
    return read_settings({"metadata": metadata, "data": config}, openshift=openshift)


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("T", True), ("yes", False), ("", False)]
)
def test_a_switch_is_read_as_go_does(text: str, value: bool) -> None:
    assert boolean({"key": text}, "key", default=True) is value


@pytest.mark.parametrize(
    ("text", "value"), [("256Mi", "256Mi"), ("0.5", "0.5"), ("1e3", "1e3"), ("lots", ""), ("5 Mi", "")]
)
def test_a_bad_quantity_is_dropped(text: str, value: str) -> None:
    assert quantity({"key": text}, "key") == value


def test_pairs_are_split_at_the_first_equals_sign() -> None:
    assert pairs("a=b=c, d=e") == {"a": "b=c", "d": "e"}


def test_logging_levels_get_their_plus() -> None:
    assert logging_levels("ROUTER:debug,error+") == (("ROUTER", "debug+"), ("DEFAULT", "error+"))


@pytest.mark.parametrize("text", ["NOSUCH:debug", "ROUTER:loud", "loud"])
def test_an_unknown_logging_level_is_a_fault(text: str) -> None:
    assert read(router_logging=text).faults


def test_a_frame_size_that_is_no_number_is_a_fault() -> None:
    assert read(xp_router_max_frame_size="big").faults


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
    settings = read(annotation_separator=";", router_pod_annotations="a=1,2;b=3")

    assert settings.router.pod_annotations == {"a": "1,2", "b": "3"}

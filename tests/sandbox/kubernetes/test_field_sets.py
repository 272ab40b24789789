"""What must hold for sets of field paths whatever the objects are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.sandbox.kubernetes import fieldsets, ownership
from reconcile.sandbox.kubernetes.ownership import APPLY, Owner, Stamp
from reconcile.sandbox.kubernetes.shapes import SET, KeyedListError, keyed, tree

SHAPE = tree(
    spec=tree(
        containers=keyed("name", item=tree(ports=keyed("port", "protocol", protocol="TCP"))),
        finalizers=SET,
    ),
)
BLANK: dict[str, Any] = {"apiVersion": "v1", "kind": "Thing", "metadata": {}}

names = st.sampled_from("abc")
scalars = st.sampled_from(["x", "y", 1, True])
ports = st.lists(
    st.fixed_dictionaries(
        {"port": st.integers(1, 3)}, optional={"protocol": st.sampled_from(["TCP", "UDP"])}
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda port: (port["port"], port.get("protocol", "TCP")),
)
containers = st.lists(
    st.fixed_dictionaries({"name": names}, optional={"image": scalars, "ports": ports}),
    min_size=1,
    max_size=3,
    unique_by=lambda container: container["name"],
)
specs = st.fixed_dictionaries(
    {"replicas": st.integers(0, 3)},
    optional={
        "containers": containers,
        "finalizers": st.lists(names, unique=True, min_size=1, max_size=3),
        "data": st.dictionaries(names, scalars, min_size=1, max_size=3),
        "args": st.lists(scalars, min_size=1, max_size=2),
    },
)
objects = st.builds(lambda spec: {**BLANK, "spec": spec}, specs)


def apply(live: dict[str, Any], applied: dict[str, Any], manager: str) -> dict[str, Any]:
    stamp = Stamp(Owner(manager, APPLY, "v1"), "now")
    return ownership.apply(live, applied, blank=BLANK, shape=SHAPE, stamp=stamp, force=True)


def written(obj: dict[str, Any]) -> Any:
    """The object without its owners, without what holds nothing, and with its keyed lists and sets in one order."""
    return tidy(obj.get("spec", {}))


def in_order(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def tidy(value: Any) -> Any:
    if isinstance(value, dict):
        tidied = {key: tidy(item) for key, item in value.items()}
        ordered = {
            key: sorted(tidied[key], key=in_order)
            for key in ("containers", "ports", "finalizers")
            if key in tidied
        }
        return {key: item for key, item in (tidied | ordered).items() if item not in ({}, [])}
    return [tidy(item) for item in value] if isinstance(value, list) else value


@given(objects)
def test_sets_survive_being_written_and_read(obj: dict[str, Any]) -> None:
    paths = fieldsets.of_object(obj, SHAPE)
    assert fieldsets.from_fields_v1(fieldsets.to_fields_v1(paths)) == paths


@given(objects, objects)
def test_nothing_differs_after_a_merge_from_what_was_merged(
    live: dict[str, Any], applied: dict[str, Any]
) -> None:
    merged = fieldsets.merge(live, applied, SHAPE)
    assert fieldsets.merge(merged, applied, SHAPE) == merged
    assert fieldsets.of_object(applied, SHAPE) <= fieldsets.with_fields_above(
        fieldsets.of_object(merged, SHAPE)
    )


@given(objects, objects)
def test_only_what_differs_is_different(old: dict[str, Any], new: dict[str, Any]) -> None:
    difference = fieldsets.compare(old, new, SHAPE)
    assert fieldsets.compare(new, old, SHAPE).added == difference.removed
    assert fieldsets.compare(old, dict(old), SHAPE) == fieldsets.Difference(
        frozenset(), frozenset(), frozenset()
    )


@given(objects)
def test_applying_the_same_twice_changes_nothing(obj: dict[str, Any]) -> None:
    once = apply(BLANK, obj, "one")
    assert apply(once, obj, "one") == once


@given(objects, objects)
def test_what_an_applier_no_longer_mentions_goes(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert written(apply(apply(BLANK, first, "one"), second, "one")) == written(apply(BLANK, second, "one"))


@given(objects, objects)
def test_an_applier_that_leaves_takes_away_only_its_own(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    both = apply(apply(BLANK, mine, "me"), theirs, "them")
    left = apply(both, BLANK, "me")
    kept = fieldsets.merge(left, theirs, SHAPE)
    assert written(kept) == written(left)


def test_items_of_one_key_are_refused() -> None:
    with pytest.raises(KeyedListError, match=r'duplicate entries for key \[name="a"\]'):
        fieldsets.of_object({"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}, SHAPE)


def test_items_that_are_no_maps_are_refused() -> None:
    with pytest.raises(KeyedListError, match="non-map"):
        fieldsets.of_object({"spec": {"containers": ["a"]}}, SHAPE)


def test_paths_are_written_as_people_read_them() -> None:
    (path,) = fieldsets.of_object({"spec": {"containers": [{"name": "a", "image": "x"}]}}, SHAPE) - {
        ("f:spec", "f:containers", 'k:{"name":"a"}'),
        ("f:spec", "f:containers", 'k:{"name":"a"}', "f:name"),
    }
    assert fieldsets.readable(path) == '.spec.containers[name="a"].image'

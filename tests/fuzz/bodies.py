"""Hostile bodies: JSON that no API server should send, and healthy bodies spoiled in a place or two."""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.inputs import Place, places

NASTY = (
    "",
    ".",
    "..",
    "/",
    "\x00",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202e",
    "\ud800",
    "a\nb\r\tc",
    "9" * 5000,
    "-1",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "not base64 !",
    "bm90IGEgY2VydGlmaWNhdGU=",
    "{",
    "[[",
    '["connector"]',
    '{"siteStatus": [{}]}',
    "a/net",
    "connection-token-claim",
    "x" * 10_000,
    "k:[]",
    "k:{",
    'k:{"name":[]}',
    "f:name",
)
TEXT = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=8)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([10**400, -(10**30)]) | st.floats() | TEXT
)


def nested(depth: int) -> list:
    """Lists in lists, as deep as a parser lets through."""
    found: list = []
    for _ in range(depth):
        found = [found]
    return found


JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
) | st.sampled_from([50, 400, 900]).map(nested)

METADATA = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        [
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "labels",
            "annotations",
            "ownerReferences",
            "managedFields",
            "finalizers",
        ],
        JSON,
    ),
)
OBJECTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("data", "stringData", "binaryData", "spec", "status", "rules", "subjects"), JSON)
    | {"metadata": METADATA | JSON},
)
"""Objects that have little in common with those of any kind."""


@st.composite
def spoilings(draw: st.DrawFn) -> tuple[Place, Callable[[dict], dict]]:
    """One object of the fleet and what becomes of it: one to three places of its body replaced or taken away."""
    place = draw(st.sampled_from(places()))
    edits = draw(
        st.lists(
            st.tuples(st.lists(st.integers(0, 20), min_size=1, max_size=6), JSON), min_size=1, max_size=3
        )
    )
    drop = draw(st.booleans())

    def spoil(body: dict) -> dict:
        for path, value in edits:
            _put(body, path, copy.deepcopy(value), drop=drop)
        return body

    return place, spoil


def _put(document: Any, path: list[int], value: Any, *, drop: bool) -> None:
    for number, step in enumerate(path):
        if not isinstance(document, dict | list) or not document:
            return
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        key = keys[step % len(keys)]
        below = document[key]
        if number == len(path) - 1 or not isinstance(below, dict | list) or not below:
            if drop:
                del document[key]
            else:
                document[key] = value
            return
        document = below

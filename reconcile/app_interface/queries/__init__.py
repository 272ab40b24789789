"""The GraphQL queries, one ``.gql`` file each; ``asking`` names them and their models."""

import re
from collections.abc import Set
from importlib.resources import files
from typing import Any

_OPTIONAL = {"skupper": frozenset({"approvals", "networkPoliciesAllow"})}
"""Query -> fields that a server may lack, since its schemas are older: then the query is sent without them."""

_UNKNOWN = re.compile(r"""Cannot query field ["'](\w+)["']""")
"""How GraphQL servers refuse a field that their schemas do not have."""


def text(name: str, *, without: Set[str] = frozenset()) -> str:
    """Give the text of query ``name`` (the file's name without ``.gql``), leaving out the fields ``without``."""
    written = files(__name__).joinpath(f"{name}.gql").read_text(encoding="utf-8")
    return _left_out(written, without) if without else written


def lacking(name: str, refusal: str) -> frozenset[str]:
    """The optional fields of query ``name`` that a server lacks; none if it refuses the query for anything else."""
    refused = frozenset(_UNKNOWN.findall(refusal))
    return refused if refused <= _OPTIONAL.get(name, frozenset()) else frozenset()


def _left_out(written: str, fields: Set[str]) -> str:
    from graphql import REMOVE, FieldNode, Visitor, parse, print_ast, visit

    class LeaveOut(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> Any:
            return REMOVE if node.name.value in fields else None

    return print_ast(visit(parse(written), LeaveOut()))

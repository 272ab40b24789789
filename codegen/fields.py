"""One line a key: the fields of the GraphQL type, of the query and of the model."""

import re

from reconcile.skupper.config_keys import ConfigKey, ConfigTable

_GRAPHQL = {"boolean": "boolean", "integer": "int", "string": "string", "object": "json"}
_PYTHON = {"boolean": "bool", "integer": "int", "string": "str", "object": "TextMap"}


def graphql_type(table: ConfigTable) -> str:
    """The entries of ``fields`` in ``schema.yml``."""
    return "".join(f"- {{ name: {key.name}, type: {_GRAPHQL[_type(key)]} }}\n" for key in table)


def query(table: ConfigTable) -> str:
    """The fields that a query selects."""
    return "".join(f"{key.name}\n" for key in table)


def model(table: ConfigTable) -> str:
    """The fields of the pydantic model; its alias generator restores camelCase."""
    return "".join(
        f"{_snake_case(key.name)}: {_PYTHON[_type(key)]} | None"
        + (" = Field(repr=False)\n" if key.confidential else "\n")
        for key in table
    )


def _type(key: ConfigKey) -> str:
    return str(key.type.schema["type"])


def _snake_case(name: str) -> str:
    return re.sub("(?=[A-Z])", "_", name).lower()

"""The JSON schema of a config as YAML: ``properties`` and ``definitions``."""

import contextlib
import json
import textwrap
from collections.abc import Iterator, Mapping

import yaml

from reconcile.skupper.config_keys import ConfigKey, ConfigTable, ValueType

_WIDTH = 96


def properties(table: ConfigTable) -> str:
    """Every key with its type and description, by section."""
    return "\n".join(
        f"# {title}\n" + "".join(_property(key) for key in keys) for title, keys in table.sections.items()
    )


def definitions(table: ConfigTable) -> str:
    """The types that keys refer to, in the order of their first use."""
    types = {key.type.definition: key.type for key in table if key.type.definition}
    return "".join(f"{name}:\n{_indented(_mapping(value.schema))}" for name, value in types.items())


def described(key: ConfigKey) -> str:
    """The description with the default as its last sentence."""
    return f"{key.description} Default: {key.default}." if key.default else key.description


def _property(key: ConfigKey) -> str:
    first, *bounds = _type(key.type)
    description = textwrap.fill(described(key), width=_WIDTH)
    return f"{key.name}:\n" + _indented(f"{first}description: |\n{_indented(description)}\n{''.join(bounds)}")


def _type(value: ValueType) -> Iterator[str]:
    if value.definition:
        yield f'"$ref": "#/definitions/{value.definition}"\n'
    else:
        for name, bound in value.schema.items():
            yield _mapping({name: bound})


def _mapping(schema: Mapping[str, object]) -> str:
    lines = []
    for name, value in schema.items():
        match value:
            case Mapping():
                lines.append(f"{name}:\n{_indented(_mapping(value))}")
            case tuple() | list():
                lines.append(f"{name}:\n" + "".join(f"- {_scalar(entry)}\n" for entry in value))
            case _:
                lines.append(f"{name}: {_scalar(value)}\n")
    return "".join(lines)


def _scalar(value: object) -> str:
    """The value as YAML; a string is in quotes only where it would be read as something else."""
    with contextlib.suppress(yaml.YAMLError):
        if isinstance(value, str) and yaml.safe_load(f"key: {value}") == {"key": value}:
            return value
    return json.dumps(value, ensure_ascii=False)


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")

"""``docs/data.md``, made from the schemas and from the table of keys: ``python -m tests.docs.data_reference``.

Types, bounds, defaults and descriptions come from ``schemas/``, ConfigMap keys and the effect of a change from
``reconcile.skupper.v1.keys``. A test fails when the file is not what this module writes.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from reconcile.skupper.v1.keys import ALIASES, KEYS, Effect

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "data.md"
_SCHEMAS = ROOT / "schemas" / "schemas"
_MEANS = {"edge": "routerMode", "clusterLocal": "ingress"}
"""Short form -> the key that it stands for."""

Schema = dict[str, Any]
_DEFAULT = re.compile(r"\s*Default: (?P<value>.+?)\.(?= |$)")

_HEAD = """\
# Data reference

<!-- Written by `make docs` from schemas/ and reconcile/skupper/v1/keys.py. Change those, not this file. -->

All keys of the datafiles that declare networks. Files are YAML, checked against `schemas/` by
`qontract-skupper bundle`; unknown keys are refused everywhere. Rules that go beyond a single key are in
`reconcile/skupper/checks/`.
"""

_CONFIG_INTRO = """\
## `config` of a network and of a namespace

The value for a site is the namespace's, else the network's, else the default: key by key, maps as a whole. A key
without a default is not set. *ConfigMap* is the key in `skupper-site` that it becomes. *Change* says how a changed
value affects a running site; Skupper itself does not report that, so the plan does:
"""


def text() -> str:
    """The whole file."""
    network = _load("dependencies/skupper-1.yml")
    namespace = _load("openshift/namespace-1.yml")["properties"]["skupper"]
    policy = _load("dependencies/skupper-policy-1.yml")
    parts = [
        _HEAD,
        _section("Network: `/dependencies/skupper-1.yml`", network),
        _section("`skupper` of a namespace: `/openshift/namespace-1.yml`", namespace),
        _section("Policy: `/dependencies/skupper-policy-1.yml`", policy),
        _CONFIG_INTRO,
        *(f"- *{_word(effect)}*: {effect.value}." for effect in Effect),
        "",
        *_config_tables(),
    ]
    return "\n".join(parts)


def _load(path: str) -> Schema:
    document: Schema = yaml.safe_load((_SCHEMAS / path).read_text(encoding="utf-8"))
    return document


def _section(title: str, schema: Schema) -> str:
    reported = textwrap.fill(_prose(schema.get("description", "")), width=120)
    rows = [
        _row(f"`{name}`", "yes" if required else "", _type(entry, schema), default, description)
        for name, entry, required in _keys(schema)
        for description, default in [_described(entry)]
    ]
    head = _head("Key", "Required", "Type", "Default", "Meaning")
    return "\n".join([f"## {title}\n", f"{reported}\n", *head, *rows, ""])


def _keys(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema, bool]]:
    """(dotted key, its schema, whether it is required), the keys of objects below them, without ``$schema``."""
    for name, entry in schema["properties"].items():
        if name.startswith("$"):
            continue
        yield f"{prefix}{name}", entry, name in schema.get("required", ())
        if "properties" in entry:
            yield from _keys(entry, f"{prefix}{name}.")


def _config_tables() -> Iterator[str]:
    schema = _load("dependencies/skupper-config-1.yml")
    for title, names in _headings():
        rows = []
        for name in names:
            description, default = _described(schema["properties"][name])
            key = KEYS[_MEANS[name] if name in ALIASES else name]
            shown = _type(schema["properties"][name], schema)
            rows.append(_row(f"`{name}`", shown, default, f"`{key.name}`", _word(key.effect), description))
        yield "\n".join(
            [f"### {title}\n", *_head("Key", "Type", "Default", "ConfigMap", "Change", "Meaning"), *rows, ""]
        )


def _headings() -> Iterator[tuple[str, list[str]]]:
    """The keys under the comments that group them in the schema."""
    lines = (_SCHEMAS / "dependencies" / "skupper-config-1.yml").read_text(encoding="utf-8").splitlines()
    title, names = "", list[str]()
    for line in lines[lines.index("properties:") :]:
        heading, key = re.fullmatch(r"  # (.+)", line), re.fullmatch(r"  (\w+):", line)
        if heading or line == "definitions:":
            if names:
                yield title, names
            title, names = heading[1] if heading else "", []
        elif key and title:
            names.append(key[1])


def _described(entry: Schema) -> tuple[str, str]:
    """What a key means, and its default, which descriptions give in a sentence of its own."""
    reported = _prose(entry.get("description", ""))
    match = _DEFAULT.search(reported)
    return (_DEFAULT.sub("", reported).strip(), _code(match["value"])) if match else (reported, "")


def _word(effect: Effect) -> str:
    return effect.name.lower().replace("_", " ")


def _code(default: str) -> str:
    plain = "`" not in default and " " not in default and default not in {"random"}
    return f"`{default}`" if plain else default


def _type(entry: Schema, schema: Schema) -> str:
    """What a key accepts, in words."""
    reference = str(entry.get("$ref", ""))
    if reference.startswith("#/definitions/"):
        return _type(schema["definitions"][reference.rpartition("/")[2]], schema)
    if reference:
        return _elsewhere(entry)
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    if "title" in entry and entry["type"] != "object":
        return str(entry["title"]) + (f", at most {entry['maxLength']}" if "maxLength" in entry else "")
    match entry["type"]:
        case "integer":
            return f"{entry['minimum']} to {entry['maximum']}"
        case "array":
            return f"list of: {_type(entry['items'], schema)}"
        case "object":
            return "object" if "properties" in entry else "map of texts"
        case "string":
            return "text"
        case other:
            return str(other)


def _elsewhere(entry: Schema) -> str:
    if "$schemaRef" in entry:
        return f"`$ref` to a file of `{entry['$schemaRef']}`"
    return "see below" if entry["$ref"].endswith("skupper-config-1.yml") else "map of texts"


def _prose(description: str) -> str:
    return " ".join(description.split())


def _head(*columns: str) -> list[str]:
    return [_row(*columns), _row(*("---" for _ in columns))]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")

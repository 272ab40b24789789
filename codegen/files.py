"""The files with generated parts, and whether they are current."""

from collections.abc import Iterator
from pathlib import Path

from codegen import data_reference, fields, json_schema
from codegen.blocks import fill
from reconcile.skupper.config_keys import ConfigTable

ROOT = Path(__file__).parents[1]
_TYPES = ROOT / "schemas" / "graphql-schemas" / "schema.yml"
_QUERY = ROOT / "reconcile" / "app_interface" / "queries" / "skupper.gql"
_MODEL = ROOT / "reconcile" / "app_interface" / "answers" / "site_config.py"


def generate(table: ConfigTable) -> dict[Path, str]:
    """Every file with a generated part -> what it should contain, given what is written by hand in it now."""
    name = table.graphql_type
    blocks = {
        data_reference.SCHEMAS / table.schema.lstrip("/"): {
            f"{name} properties": json_schema.properties(table),
            f"{name} definitions": json_schema.definitions(table),
        },
        _TYPES: {name: fields.graphql_type(table)},
        _QUERY: {name: fields.query(table)},
        _MODEL: {name: fields.model(table)},
    }
    filled = {file: fill(file.read_text(encoding="utf-8"), parts) for file, parts in blocks.items()}
    return {**filled, data_reference.FILE: data_reference.text(table)}


def stale(table: ConfigTable) -> Iterator[str]:
    """Say which files are not current, and the command that makes them so."""
    for file, text in generate(table).items():
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            yield f"{file.relative_to(ROOT)} is out of date: run `make generate`"


def write(table: ConfigTable) -> None:
    """Bring all files up to date."""
    for file, text in generate(table).items():
        file.write_text(text, encoding="utf-8")

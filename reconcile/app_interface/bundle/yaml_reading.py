"""One YAML or JSON datafile as JSON values, with the line of every part and the mistakes that YAML hides.

YAML lets a second key win silently, turns unquoted dates into dates and ``.nan`` into a number that JSON does
not have. All of these are findings here. What YAML means by a value is decided by PyYAML's safe loader, as in
the published bundler, so ``yes`` is true and ``1.10`` is a number; the schema then says what was expected.
"""

import json
import math
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from reconcile.app_interface.bundle.model import Document
from reconcile.findings import Finding, Pointer

_MAX_NODES = 100_000
"""Values a datafile may have once its aliases are written out; more is a mistake or an attack."""

_MAX_DEPTH = 100
"""Levels of nesting a datafile may have; nothing that a person writes has more."""

_MERGE = "tag:yaml.org,2002:merge"


@dataclass(slots=True)
class Reading:
    """The result of reading one file."""

    document: Document | None = None
    """None if the file is unusable; a finding then says why."""
    lines: dict[Pointer, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_datafile(path: str, content: bytes) -> Reading:
    """Read a datafile.

    Args:
        path: bundle path, for the findings; ``.json`` must be JSON, everything else is YAML.
        content: the bytes of the file, which must be UTF-8.
    """
    reader = _Reader(path)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return reader.refuse(line, "encoding", f"byte {error.start + 1} is not UTF-8; save the file as UTF-8")
    if path.endswith(".json"):
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            return reader.refuse(error.lineno, "json-syntax", f"{error.msg}, at column {error.colno}")
        except RecursionError:
            return reader.refuse(1, "json-syntax", "the document is nested too deeply")
    return reader.read(text)


class _Reader:
    """Composes one document and turns its nodes into values."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._reading = Reading()
        self._open: set[int] = set()
        self._count = 0

    def read(self, text: str) -> Reading:
        self._loader = yaml.CSafeLoader(text)
        try:
            _check_depth(text)
            node = self._loader.get_single_node()
            value = self._value(node, ()) if node else None
            line = node.start_mark.line + 1 if node else 1
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = ", ".join(filter(None, [error.context, error.problem]))
            return self.refuse(line, "yaml-syntax", f"{_one_line(problem)}, at column {column}")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            return self.refuse(
                line, "yaml-syntax", f"the character {error.character:#x} is not allowed in YAML"
            )
        finally:
            self._loader.dispose()
        if value is None:
            return self.refuse(1, "empty-file", "the file is empty; fill it or remove it")
        if not isinstance(value, dict):
            message = f"a datafile is a mapping with a $schema, this is {_kind(value)}"
            return self.refuse(line, "not-a-mapping", message)
        self._reading.document = value
        return self._reading

    def refuse(self, line: int, rule: str, message: str) -> Reading:
        """Give up on the file as a whole, for a reason that lies in ``line``."""
        self._reading.lines[()] = line
        self._note(rule, message, ())
        return self._reading

    def _note(self, rule: str, message: str, pointer: Pointer) -> None:
        self._reading.findings.append(Finding(rule, message, datafile=self._path, pointer=pointer))

    def _value(self, node: yaml.Node, pointer: Pointer) -> Any:
        self._reading.lines.setdefault(pointer, node.start_mark.line + 1)
        self._count += 1
        if id(node) in self._open or self._count > _MAX_NODES:
            raise yaml.MarkedYAMLError(None, None, "aliases expand without end", node.start_mark)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, pointer)
            if isinstance(node, yaml.SequenceNode):
                return [self._value(item, (*pointer, index)) for index, item in enumerate(node.value)]
            return self._scalar(node, pointer)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, pointer: Pointer) -> Document:
        self._note_duplicates(node, pointer)
        if any(key.tag == _MERGE for key, _ in node.value):
            self._loader.flatten_mapping(node)
        mapping: Document = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, pointer)
            # A key that a merge brings in and that is set here as well comes twice; the later one counts.
            self._reading.lines[*pointer, key] = key_node.start_mark.line + 1
            mapping[key] = self._value(value_node, (*pointer, key))
        return mapping

    def _note_duplicates(self, node: yaml.MappingNode, pointer: Pointer) -> None:
        seen: dict[str, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            key = str(key_node.value)
            if key in seen:
                message = f"the key {key!r} was set in line {seen[key]} already; only one would count"
                self._note("duplicate-key", message, (*pointer, key))
            seen.setdefault(key, key_node.start_mark.line + 1)

    def _key(self, node: yaml.Node, pointer: Pointer) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(None, None, "a key must be text", node.start_mark)
        if node.tag == "tag:yaml.org,2002:str":
            return str(node.value)
        here = (*pointer, str(node.value))
        self._note("key-type", f"the key {node.value} is not read as text; quote it", here)
        return str(node.value)

    def _scalar(self, node: yaml.Node, pointer: Pointer) -> Any:
        try:
            value = self._loader.construct_object(node)
        except ValueError:
            self._note(
                "value-type", f"{node.value} is not a valid date; quote it if it is meant as text", pointer
            )
            return str(node.value)
        if value is None or isinstance(value, str | bool | int):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        message = f"{node.value} is read as {_kind(value)}, which JSON does not have; quote it"
        self._note("value-type", message, pointer)
        return str(node.value)


def _check_depth(text: str) -> None:
    """Refuse absurd nesting before libyaml, which would follow it until the process dies."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            mark = cast("yaml.error.Mark", event.start_mark)
            raise yaml.MarkedYAMLError(None, None, "the document is nested too deeply", mark)


def _one_line(message: str) -> str:
    return " ".join(message.split())


def _kind(value: object) -> str:
    names = {list: "a list", str: "text", bool: "a boolean", int: "a number", type(None): "null"}
    if isinstance(value, float):
        return "a number" if math.isfinite(value) else "a number that is not finite"
    return names.get(type(value), f"a {type(value).__name__}")

"""One YAML or JSON datafile as JSON values, with the line of every part and the mistakes that YAML hides.

YAML lets a second key win silently, turns unquoted dates into dates and ``.nan`` into a number that JSON does
not have. All of these are findings here. What YAML means by a value is decided by PyYAML's safe loader, as in
the published bundler, so ``yes`` is true and ``1.10`` is a number; the schema then says what was expected.
"""

import json
import math
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

import yaml

from reconcile.app_interface.bundle.model import Document
from reconcile.app_interface.bundle.yaml_limits import MAX_DIGITS, Budget, LimitError, check_events
from reconcile.app_interface.bundle.yaml_mappings import Mappings
from reconcile.findings import Finding, Pointer, Severity

_TAG = "tag:yaml.org,2002:"
_TEXT_KEYS = {f"{_TAG}str", f"{_TAG}value"}
"""Keys that PyYAML reads as text; the second tag is that of a plain ``=``."""

_NAMES = {f"{_TAG}int": "number", f"{_TAG}float": "number", f"{_TAG}timestamp": "date"}
_COLLECTIONS = {f"{_TAG}map", f"{_TAG}seq"}
_BAD_VALUE = (ValueError, LookupError, AttributeError, TypeError, OverflowError)
"""What PyYAML raises for values that their tag does not allow, as ``!!bool maybe``."""

_WARNINGS = {"merge-conflict"}


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
        refused = _check_json(text)
        if refused:
            line, message = refused
            return reader.refuse(line, "json-syntax", message)
    return reader.read(text)


def _check_json(text: str) -> tuple[int, str] | None:
    """The line where a text is not JSON, and why; None if it is."""
    try:
        # JSON with tabs is not YAML, which is reported later; only its size matters before it is parsed.
        with suppress(yaml.YAMLError):
            check_events(text)
        json.loads(text, parse_constant=_refuse_constant, parse_int=str)
    except LimitError as error:
        return (error.problem_mark.line + 1 if error.problem_mark else 1), str(error.problem)
    except json.JSONDecodeError as error:
        return error.lineno, f"{error.msg}, at column {error.colno}"
    except RecursionError:
        return 1, "the document is nested too deeply"
    except ValueError as error:
        return 1, str(error)
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value of JSON")


class _Reader:
    """Composes one document and turns its nodes into values."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._reading = Reading()
        self._open: set[int] = set()
        self._budget = Budget()
        self._mappings = Mappings(self._budget)

    def read(self, text: str) -> Reading:
        self._loader = yaml.CSafeLoader(text)
        try:
            check_events(text)
            node = self._loader.get_single_node()
            value = self._value(node, ()) if node else None
            line = node.start_mark.line + 1 if node else 1
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = ", ".join(filter(None, [error.context, error.problem]))
            return self.refuse(line, "yaml-syntax", f"{_shown(_one_line(problem), 200)}, at column {column}")
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
        severity = Severity.WARNING if rule in _WARNINGS else Severity.ERROR
        self._reading.findings.append(Finding(rule, message, severity, datafile=self._path, pointer=pointer))

    def _value(self, node: yaml.Node, pointer: Pointer) -> Any:
        self._reading.lines.setdefault(pointer, node.start_mark.line + 1)
        self._budget.spend(node, depth=len(pointer))
        if id(node) in self._open:
            raise yaml.MarkedYAMLError(None, None, "aliases expand without end", node.start_mark)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.CollectionNode) and node.tag not in _COLLECTIONS:
                problem = f"the tag {_shown(node.tag)} is not allowed in a datafile; remove it"
                raise yaml.MarkedYAMLError(None, None, problem, node.start_mark)
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, pointer)
            if isinstance(node, yaml.SequenceNode):
                return [self._value(item, (*pointer, index)) for index, item in enumerate(node.value)]
            return self._scalar(node, pointer)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, pointer: Pointer) -> Document:
        mapping: Document = {}
        for key, (key_node, value_node) in self._mappings.pairs(
            node, partial(self._note_key, pointer)
        ).items():
            here = (*pointer, key)
            self._budget.spend(key_node, nodes=0)
            self._reading.lines[here] = key_node.start_mark.line + 1
            if key_node.tag not in _TEXT_KEYS:
                self._note("key-type", f"the key {_shown(key)} is not read as text; quote it", here)
            mapping[key] = self._value(value_node, here)
        return mapping

    def _note_key(self, pointer: Pointer, rule: str, message: str, key: yaml.ScalarNode) -> None:
        here = (*pointer, str(key.value))
        self._reading.lines[here] = key.start_mark.line + 1
        self._note(rule, message, here)

    def _scalar(self, node: yaml.Node, pointer: Pointer) -> Any:
        name = _NAMES.get(node.tag, "value")
        if node.tag in _NAMES and len(node.value) > MAX_DIGITS:
            self._note("value-type", f"{_shown(node.value)} is too long for a {name}; quote it", pointer)
            return str(node.value)
        try:
            value = self._loader.construct_object(node)
        except _BAD_VALUE:
            message = f"{_shown(node.value)} is not a valid {name}; quote it if it is meant as text"
            self._note("value-type", message, pointer)
            return str(node.value)
        if value is None or isinstance(value, str | bool | int):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        message = f"{_shown(node.value)} is read as {_kind(value)}, which JSON does not have; quote it"
        self._note("value-type", message, pointer)
        return str(node.value)


def _shown(text: str, length: int = 80) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _one_line(message: str) -> str:
    return " ".join(message.split())


def _kind(value: object) -> str:
    names = {list: "a list", str: "text", bool: "a boolean", int: "a number", type(None): "null"}
    if isinstance(value, float):
        return "a number" if math.isfinite(value) else "a number that is not finite"
    return names.get(type(value), f"a {type(value).__name__}")

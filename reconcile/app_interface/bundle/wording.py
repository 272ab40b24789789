"""Messages for the errors of the JSON schema validator: value, reason and next step.

One error of the validator becomes one finding or several: one for each unknown key, and for a choice of schemas
(``oneOf``) those of the branch that the author most likely meant.
"""

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from jsonschema import ValidationError

from reconcile.app_interface.bundle.model import CHECKSUM_KEY, IDENTIFIER_KEY, Document
from reconcile.app_interface.bundle.walking import CROSS_REFERENCE
from reconcile.findings import Finding, Pointer

REFERENCE_NOT_ALLOWED = "no reference is allowed here"

_MANY = 12
"""More allowed values or keys than this are not listed, only the nearest one is."""

_OWN_KEYS = {CHECKSUM_KEY, IDENTIFIER_KEY, "$schema"}

Fault = tuple[str, str, Pointer]
"""Rule, message, and the path below the place where the error was found."""


def findings(datafile: str, errors: Iterable[ValidationError]) -> Iterator[Finding]:
    """Put the errors of one datafile into words.

    What a choice of schemas says about a place is less exact than what was said about the place itself: of the same
    rule only the latter counts.
    """
    plain: list[ValidationError] = []
    choices: list[ValidationError] = []
    for error in errors:
        (choices if error.validator in _CHOICES else plain).append(error)
    faults = dict.fromkeys(fault for error in plain for fault in _faults(error, tuple(error.absolute_path)))
    exact = {(rule, pointer) for rule, _, pointer in faults}
    chosen = (fault for error in choices for fault in _faults(error, tuple(error.absolute_path)))
    faults |= dict.fromkeys(fault for fault in chosen if (fault[0], fault[2]) not in exact)
    for rule, message, pointer in faults:
        yield Finding(rule, message, datafile=datafile, pointer=pointer)


def _faults(error: ValidationError, pointer: Pointer) -> Iterator[Fault]:
    if "propertyNames" in error.absolute_schema_path:
        yield (
            "key-pattern",
            f"the key {_show(error.instance)} {_misfit(error)}",
            (*pointer, str(error.instance)),
        )
        return
    wording = _WORDING.get(str(error.validator))
    if wording is None:
        # Our own checks name their rule with a hyphen, keywords of JSON schema have none.
        rule = str(error.validator)
        yield rule if "-" in rule else "schema", error.message, pointer
        return
    shown = "the value" if _is_confidential(pointer) else _show(error.instance)
    for rule, message, below in wording(error):
        yield rule, message.replace(_VALUE, shown), (*pointer, *below)


_VALUE = "\0"
"""Placeholder in a message for the value found, which is not always shown."""


def _wanted(error: ValidationError) -> Any:
    """What the keyword of the schema asks for."""
    return error.validator_value


def _schema(error: ValidationError) -> Document:
    """The part of the schema that the error comes from."""
    return error.schema if isinstance(error.schema, dict) else {}


def _instance(error: ValidationError) -> Any:
    """The value that does not fit."""
    return error.instance


def _is_confidential(pointer: Pointer) -> bool:
    return bool(pointer) and str(pointer[-1]).lower().endswith("password")


_LONGEST = 80
"""Characters of a value that are shown."""


def _show(value: Any) -> str:
    if isinstance(value, str):
        text = repr(value[: _LONGEST + 1])
    else:
        # Only the beginning is written out: the value may be the whole of a large datafile.
        text = "".join(islice(json.JSONEncoder().iterencode(value), _LONGEST + 1))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _type(error: ValidationError) -> Iterator[Fault]:
    names = _wanted(error) if isinstance(_wanted(error), list) else [_wanted(error)]
    hint = ""
    if "string" in names and isinstance(error.instance, bool | int | float):
        hint = "; quote it"
    elif "boolean" in names and isinstance(error.instance, str):
        hint = "; write true or false, without quotes"
    elif "integer" in names and isinstance(error.instance, str) and error.instance.isdecimal():
        hint = "; leave the quotes out"
    yield "wrong-type", f"{_VALUE} is not of type {' or '.join(names)}{hint}", ()


def _unknown_keys(error: ValidationError) -> Iterator[Fault]:
    allowed = sorted(set(_schema(error).get("properties", {})) - _OWN_KEYS)
    for key in _instance(error):
        if key in _schema(error).get("properties", {}):
            continue
        if key == "$ref":
            yield "ref-not-allowed", REFERENCE_NOT_ALLOWED, (key,)
        else:
            yield "unknown-key", f"unknown key {key!r}{_nearest(key, allowed, 'key')}", (key,)


def _nearest(value: Any, allowed: list[Any], what: str) -> str:
    near = difflib.get_close_matches(str(value), map(str, allowed), n=1, cutoff=0.7)
    if near:
        return f"; did you mean {near[0]!r}?"
    listed = ", ".join(map(str, allowed))
    return f"; allowed {what}s are: {listed}" if 0 < len(allowed) <= _MANY else ""


def _required(error: ValidationError) -> Iterator[Fault]:
    for key in _wanted(error):
        if key not in _instance(error):
            yield "required", f"the key {key!r} is missing", ()


def _enum(error: ValidationError) -> Iterator[Fault]:
    allowed = list(_wanted(error))
    if len(allowed) == 1:
        yield _only(allowed[0])
        return
    near = difflib.get_close_matches(str(error.instance), map(str, allowed), n=1, cutoff=0.7)
    meant = f"did you mean {near[0]!r}? Allowed values are" if near else "allowed values are"
    more = f" and {len(allowed) - _MANY} more, which the schema lists" if len(allowed) > _MANY else ""
    listed = ", ".join(map(str, allowed[:_MANY]))
    yield "enum", f"{_VALUE} is not one of the allowed values; {meant}: {listed}{more}", ()


def _only(allowed: Any) -> Fault:
    return "enum", f"{_VALUE} is not the only allowed value; write {allowed!r}", ()


def _misfit(error: ValidationError) -> str:
    described = str(_schema(error).get("title", ""))
    return f"is not {described}" if described else f"does not match {_wanted(error)}"


def _pattern(error: ValidationError) -> Iterator[Fault]:
    yield "pattern", f"{_VALUE} {_misfit(error)}", ()


def _bound(text: str) -> "Wording":
    def wording(error: ValidationError) -> Iterator[Fault]:
        yield "bounds", text.format(value=_VALUE, bound=_wanted(error)), ()

    return wording


def _contains(error: ValidationError) -> Iterator[Fault]:
    wanted = _wanted(error).get("const", _wanted(error))
    yield "contains", f"the list must contain {wanted}", ()


def _choice(error: ValidationError) -> Iterator[Fault]:
    branches: dict[Any, list[ValidationError]] = {}
    for each in error.context or []:
        branches.setdefault(each.relative_schema_path[0], []).append(each)
    if not branches:
        yield "ambiguous", f"{_VALUE} fits more than one of the forms that are allowed here", ()
        return
    is_reference = isinstance(error.instance, dict) and "$ref" in error.instance

    def distance(index: Any) -> tuple[bool, bool, int]:
        branch = _wanted(error)[index]
        refers = isinstance(branch, dict) and branch.get("$ref") == CROSS_REFERENCE
        other_kind = any(each.validator in {"enum", "const", "type"} for each in branches[index])
        return refers != is_reference, other_kind, len(branches[index])

    for each in branches[min(branches, key=distance)]:
        yield from _faults(each, tuple(each.relative_path))


Wording = Callable[[ValidationError], Iterator[Fault]]

_CHOICES = ("oneOf", "anyOf")

_WORDING: dict[str, Wording] = {
    "type": _type,
    "additionalProperties": _unknown_keys,
    "required": _required,
    "enum": _enum,
    "const": lambda error: iter([_only(_wanted(error))]),
    "pattern": _pattern,
    "minimum": _bound("{value} is less than {bound}"),
    "maximum": _bound("{value} is more than {bound}"),
    "minLength": _bound("{value} is shorter than {bound}"),
    "maxLength": _bound("{value} is longer than {bound} characters"),
    "minItems": _bound("the list has fewer than {bound} items"),
    "maxItems": _bound("the list has more than {bound} items"),
    "contains": _contains,
    "oneOf": _choice,
    "anyOf": _choice,
}

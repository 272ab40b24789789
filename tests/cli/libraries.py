"""The exceptions of all libraries that a command calls, each made with a credential in every text that it can hold."""

import builtins
import http.client
import inspect
import json
import socket
import ssl
import tomllib
import zlib
from contextlib import suppress
from types import ModuleType

import click
import gql.transport.exceptions
import graphql
import hvac.exceptions
import jsonschema.exceptions
import kubernetes.client.exceptions
import kubernetes.config.config_exception
import pydantic
import requests.exceptions
import urllib3.exceptions
import yaml

CANARY = "canary-c2VjcmV0LXRva2Vu"

_LIBRARIES: tuple[ModuleType, ...] = (
    gql.transport.exceptions,
    graphql,
    http.client,
    hvac.exceptions,
    json,
    jsonschema.exceptions,
    kubernetes.client.exceptions,
    kubernetes.config.config_exception,
    pydantic,
    requests.exceptions,
    socket,
    ssl,
    tomllib,
    urllib3.exceptions,
    yaml,
    zlib,
)
_ENDS = (SystemExit, KeyboardInterrupt, GeneratorExit)


def classes() -> list[type[BaseException]]:
    """Classes of exceptions: those of the libraries, and Python's own; without those that end a program on purpose."""
    found = {
        kind
        for module in (builtins, *_LIBRARIES)
        for kind in vars(module).values()
        if inspect.isclass(kind)
        and issubclass(kind, BaseException)
        and not issubclass(kind, _ENDS)
        and not kind.__name__.startswith("_")
    }
    found -= {kind for kind in found if issubclass(kind, click.ClickException)}
    return sorted(found, key=_named)


def _named(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def with_canary(kind: type[BaseException]) -> BaseException:
    """An exception of a class with the canary in its arguments, attributes, notes and cause.

    Only ``strerror`` is what the operating system says for a number.
    """
    if issubclass(kind, pydantic.ValidationError):
        return _invalid()
    arguments = (CANARY, [Exception(CANARY)]) if issubclass(kind, BaseExceptionGroup) else ()
    # Past the constructors: what matters is which texts an exception holds, not how they got there.
    error = kind.__new__(kind, *arguments)
    texts = dict.fromkeys(_ATTRIBUTES, CANARY)
    texts = {**texts, "errors": [CANARY]}  # as those of Vault and GraphQL
    for name, value in {"args": (CANARY, {"Authorization": CANARY}, CANARY.encode()), **texts}.items():
        with suppress(Exception):  # some are read-only, some exceptions are frozen
            setattr(error, name, value)
    with suppress(AttributeError):
        error.add_note(CANARY)
    error.__cause__ = ValueError(CANARY)
    return error


_ATTRIBUTES = [
    "message",
    "reason",
    "response",
    "body",
    "headers",
    "object",
    "filename",
    "url",
    "doc",
]


def _invalid() -> pydantic.ValidationError:
    """The error of pydantic, which quotes what it was given."""
    try:
        pydantic.TypeAdapter(int).validate_python(CANARY)
    except pydantic.ValidationError as error:
        return error.with_traceback(None)
    raise AssertionError

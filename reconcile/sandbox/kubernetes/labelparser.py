"""The language of label selectors, as ``k8s.io/apimachinery/pkg/labels`` reads it.

``a=b``, ``a==b``, ``a!=b``, ``a in (b,c)``, ``a notin (b,c)``, ``a``, ``!a``, ``a>1``, ``a<1``, joined by commas.
"""

import re
from dataclasses import dataclass

from reconcile.sandbox.kubernetes import names
from reconcile.sandbox.kubernetes.errors import ApiError, bad_request

_TOKEN = re.compile(r"\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)")
_SIGNS = frozenset({"==", "!=", "=", "!", "<", ">", "(", ")", ",", ""})
_OPERATORS = {"=": "in", "==": "in", "!=": "notin", "in": "in", "notin": "notin", "<": "<", ">": ">"}


@dataclass(frozen=True, slots=True)
class Term:
    """One term: ``operator`` is ``in``, ``notin``, ``exists``, ``absent``, ``<`` or ``>``."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()


class _Tokens:
    """The tokens of a selector; the empty token is its end."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = [*_TOKEN.findall(text), ""]
        self._position = 0

    @property
    def next(self) -> str:
        return self._tokens[self._position]

    def take(self) -> str:
        token = self.next
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a selector.

    Raises:
        ApiError: 400 for text that is no selector.
    """
    tokens = _Tokens(text)
    terms: list[Term] = []
    while tokens.next:
        if tokens.next != "!" and tokens.next in _SIGNS:
            raise bad_request(f"found '{tokens.next}', expected: !, identifier, or 'end of string'")
        terms.append(_term(tokens))
        after = tokens.take()
        if after not in {",", ""}:
            raise bad_request(f"found '{after}', expected: ',' or 'end of string'")
        if after == "," and (tokens.next == "" or (tokens.next in _SIGNS and tokens.next != "!")):
            raise bad_request(f"found '{tokens.next}', expected: identifier after ','")
    return tuple(terms)


def _term(tokens: _Tokens) -> Term:
    absent = tokens.next == "!" and bool(tokens.take())
    key = tokens.take()
    if key in _SIGNS:
        raise _bad(f"found '{key}', expected: identifier")
    _check_key(key)
    if absent or tokens.next in {"", ","}:
        return Term(key, "absent" if absent else "exists")
    sign = tokens.take()
    if sign not in _OPERATORS:
        raise _bad(f"found '{sign}', expected: '=', '!=', '==', 'in', notin'")
    values = _set(tokens) if sign in {"in", "notin"} else _exact(tokens)
    for value in values:
        if problem := names.label_value_problem(value):
            raise _bad(f'invalid label value: "{value}": at key: "{key}": {problem}')
    if sign in {"<", ">"} and not all(re.fullmatch(r"-?\d+", value) for value in values):
        raise _bad("for 'Gt', 'Lt' operators, the value must be an integer")
    return Term(key, _OPERATORS[sign], values)


def _exact(tokens: _Tokens) -> frozenset[str]:
    if tokens.next in {"", ","}:
        return frozenset({""})
    value = tokens.take()
    if value in _SIGNS:
        raise _bad(f"found '{value}', expected: identifier")
    return frozenset({value})


def _set(tokens: _Tokens) -> frozenset[str]:
    """The values between parentheses; ``()`` holds one empty value."""
    opening = tokens.take()
    if opening != "(":
        raise _bad(f"found '{opening}' expected: '('")
    values = {""} if tokens.next in {")", ","} else set()
    while (word := tokens.take()) != ")":
        if not word:
            raise _bad("found '', expected: ',' or ')'")
        if word != ",":
            values.add(word)
        elif tokens.next in {",", ")"}:
            values.add("")
    return frozenset(values)


def _check_key(key: str) -> None:
    if key.count("/") > 1:
        raise _bad(f'invalid label key "{key}": it has more than one slash')
    if problem := names.label_key_problem(key):
        raise _bad(f'invalid label key "{key}": {problem}')


def _bad(why: str) -> ApiError:
    return bad_request(f"unable to parse requirement: {why}")

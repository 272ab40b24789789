"""Patterns of policies: what Go's ``regexp.Compile`` says of each, as it was asked (Go 1.26)."""

import pytest

from reconcile.skupper.v1.checks.patterns import fault

GOOD = (
    "",
    "^vault$",
    r".*\.example\.com",
    r"\A\z",
    "vault(?i)",
    "(?i:vault)x",
    "(?U)a+",
    "(?s-i:a)",
    "(?P<n>a)",
    "a*?b??",
    "a{1000}",
    "a{,3}",
    "[[:alpha:]]+[[:^digit:]]",
    r"\pL+\p{Greek}[\pL\d]",
    r"\Qa(b",
    r"\Qa.b\E",
    r"\x{41}\x41",
    r"\b\B\d\D\s\S\w\W",
    r"\_\-\/\"",
    "(|a)||",
    "[]a][^]a]",
    "[a&&b][[a]",
    "{}a{x}",
)
BAD = (
    "*.example.com",
    "(?!secret).*",
    "(?=a)b",
    "(?<=a)b",
    "(?<!a)b",
    r"(a)\1",
    r"\Z",
    "(?x)a b",
    "(?#c)a",
    "(?>a)",
    "(?P<n>a)(?P=n)",
    "(a)(?(1)a|b)",
    "a++",
    "a*+",
    "a{2}+",
    "a**",
    "a{1001}",
    "a{2,1}",
    "a{99999999999999}",
    "[[:nope:]]",
    r"\e",
    r"\y",
    r"\u0041",
    r"\8",
    r"\G",
    "\\ä",
    "[z-a]",
    "[a",
    "a)",
    "(a",
    "(?",
    "\\",
    "a{1}{2}",
    "(?a)b",
)


@pytest.mark.parametrize("pattern", GOOD)
def test_what_go_compiles_is_accepted(pattern: str):
    assert fault(pattern) is None


@pytest.mark.parametrize("pattern", BAD)
def test_what_go_does_not_compile_has_a_fault(pattern: str):
    assert fault(pattern)


def test_a_pattern_of_any_depth_has_an_answer():
    assert fault("(" * 100_000)

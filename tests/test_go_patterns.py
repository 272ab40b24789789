"""Patterns of policies: what Go's ``regexp`` says of each, as it was asked (Go 1.26).

What differs between versions of Go is refused, and stands apart.
"""

import pytest

from reconcile.go_patterns import DEEPEST, fault, found

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
    "[(?<a>][\\[\\]]",
    r"\Q\C(?<n>\E",
    r"\Q\C(?<n>",
    r"\\C",
    r"\(?<n>",
    "(?P<A_1>a)",
    "a{0}(?P<n>a)(?P<n>b)",
    "a{0999999999999}[a{999999999999}]",
    r"[\p{Lu}[:alpha:]-]",
    "(a)" * 300,
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
    r"\C",
    r"[[:alpha:]]\C",
    "(?P<é>a)",
    "(?P<1-a>b)",
    "a{5,999999999999}",
    "|*",
    "(?x)",
    r"\p{^Nope}",
    r"[\C]",
    r"[a\Q]",
)
OF_NEWER_GO = ("(?<n>a)", r"\p{Letter}", r"\p{LC}")
"""Compiled by Go from 1.22 or 1.25."""
MATCHING = (
    ("example.com", "router.examplexcom.org"),
    ("^vault$", "vault"),
    ("(?i)VAULT", "vault"),
    ("^a|b$", "xb"),
    ("", "anything"),
)
OTHERS = (
    ("^vault$", "vault-2"),
    (r"^vault$", "vault\n"),
    ("*.example.com", "router.example.com"),
    (r"\C", "a"),
    ("(?<n>a)", "a"),
)


@pytest.mark.parametrize("pattern", GOOD)
def test_what_go_compiles_is_accepted(pattern: str):
    assert fault(pattern) is None


@pytest.mark.parametrize("pattern", BAD)
def test_what_go_does_not_compile_has_a_fault(pattern: str):
    assert fault(pattern)


@pytest.mark.parametrize("pattern", OF_NEWER_GO)
def test_what_only_newer_go_compiles_has_a_fault(pattern: str):
    assert fault(pattern)


def test_the_form_of_newer_go_is_replaced_by_one_that_all_know():
    assert "write (?P<name>" in (fault("(?<n>a)") or "")


@pytest.mark.parametrize(("pattern", "text"), MATCHING)
def test_a_pattern_matches_anywhere(pattern: str, text: str):
    assert found(pattern, text)


@pytest.mark.parametrize(("pattern", "text"), OTHERS)
def test_what_go_does_not_find_is_not_found(pattern: str, text: str):
    assert not found(pattern, text)


@pytest.mark.parametrize("pattern", ["(" * 100_000, "(" * 2000 + ")" * 2000, "\ud800", r"\pL{1000}"])
def test_a_pattern_that_is_too_much_for_re2_has_a_fault(pattern: str):
    assert fault(pattern)


def test_groups_are_nested_as_deep_as_any_version_of_go_allows():
    assert not fault("(" * DEEPEST + "a" + ")" * DEEPEST)
    assert fault("(" * (DEEPEST + 1) + ")" * (DEEPEST + 1)) == "its groups are nested more than 200 deep"

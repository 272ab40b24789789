"""What was read as a credential is hidden in every text, in the forms in which servers see it."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from reconcile.credentials import forget, hide, remember
from reconcile.http.answers import one_line

VALUE = "s3cr3t-Value"


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget()
    yield
    forget()


def test_a_text_without_credentials_stays() -> None:
    remember(VALUE)
    assert hide("nothing to see") == "nothing to see"


@pytest.mark.parametrize(
    "shown", [VALUE, VALUE.lower(), VALUE.upper(), b64encode(VALUE.encode()).decode().rstrip("=")]
)
def test_a_credential_is_hidden_in_any_case_and_in_base64(shown: str) -> None:
    remember(VALUE)
    assert hide(f"refused {shown}, twice {shown}") == "refused ***, twice ***"


@pytest.mark.parametrize(
    "shown", [f"user-name:{VALUE}", VALUE, b64encode(f"user-name:{VALUE}".encode()).decode()]
)
def test_a_basic_header_is_hidden_with_what_it_encodes(shown: str) -> None:
    remember("Basic " + b64encode(f"user-name:{VALUE}".encode()).decode())
    assert VALUE not in hide(shown)
    assert "***" in hide(shown)


def test_a_bearer_token_is_hidden_without_its_scheme() -> None:
    remember(f"Bearer {VALUE}")
    assert hide(f"token {VALUE} expired") == "token *** expired"


def test_what_is_too_short_to_be_told_from_chance_stays() -> None:
    remember("admin")
    assert hide("administrator") == "administrator"


def test_the_longer_of_two_credentials_is_hidden_as_a_whole() -> None:
    remember(VALUE)
    remember(f"{VALUE}-longer")
    assert hide(f"{VALUE}-longer") == "***"


def test_what_is_forgotten_is_shown() -> None:
    remember(VALUE)
    forget()
    assert hide(VALUE) == VALUE


@pytest.mark.parametrize("before", range(30))
def test_no_part_of_a_credential_is_quoted_where_words_are_cut(before: int) -> None:
    remember(VALUE)
    assert VALUE[:2] not in one_line("x" * before + VALUE + "y" * 50, 20)

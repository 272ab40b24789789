"""URLs, as far as they name where data comes from."""

import pytest

from reconcile.app_interface.urls import origin

SERVER = "app-interface.example.com:443/graphql"


@pytest.mark.parametrize(
    "url",
    [
        "https://app-interface.example.com/graphql",
        "https://app-interface.example.com/graphql/",
        "HTTPS://App-Interface.Example.COM:443/graphql",
        "https://somebody:secret@app-interface.example.com/graphql",
        "https://app-interface.example.com/graphql?token=secret",
    ],
)
def test_the_origin_is_the_same_however_the_url_is_spelled_and_has_no_credentials(url: str) -> None:
    assert origin(url) == SERVER


@pytest.mark.parametrize(
    "url",
    [
        "https://staging.example.com/graphql",
        "https://app-interface.example.com/staging/graphql",
        "https://app-interface.example.com:4000/graphql",
    ],
)
def test_another_server_is_another_origin(url: str) -> None:
    assert origin(url) != SERVER


@pytest.mark.parametrize("url", ["", "https://[", "https://a:port/graphql", "https://me:pass/word@a/graphql"])
def test_what_is_no_url_has_no_origin(url: str) -> None:
    assert origin(url) == ""

"""Addresses of API servers: what a client can use passes every check, and nothing else does."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconcile.openshift.connecting import parse_server
from reconcile.server_address import parse

SCHEMA = Path(__file__).parents[1] / "schemas/schemas/openshift/cluster-1.yml"
PATTERN = re.compile(yaml.safe_load(SCHEMA.read_text())["properties"]["serverUrl"]["pattern"])

USABLE = {
    "https://api.example.com": "https://api.example.com",
    "https://api.example.com:6443/": "https://api.example.com:6443",
    "HTTPS://API.Example.Com:6443": "https://api.example.com:6443",
    "https://api.example.com.:06443": "https://api.example.com.:6443",
    "https://api.example.com:": "https://api.example.com",
    "https://rancher.example.com/k8s/clusters/c-m-Abc12": "https://rancher.example.com/k8s/clusters/c-m-Abc12",
    "https://rancher.example.com/k8s//": "https://rancher.example.com/k8s",
    "https://proxy.example.com/a%20b;c": "https://proxy.example.com/a%20b;c",
    "https://[2001:DB8::10]:6443/k8s": "https://[2001:db8::10]:6443/k8s",
    "https://10.0.0.1:6443": "https://10.0.0.1:6443",
    "https://api_1.example.com": "https://api_1.example.com",
}
UNUSABLE = [
    "https://",
    "https:///path",
    "https://:6443",
    "api.example.com:6443",
    "ftp://api.example.com",
    "https:/api.example.com",
    "https://[2001:db8::10:6443",
    "https://2001:db8::10:6443",
    "https://[2001:db8::10]x",
    "https://[api.example.com]",
    "https://[]",
    "https://me@api.example.com",
    "https://me:word@api.example.com",
    "https://api.example.com?a=b",
    "https://api.example.com/#x",
    "https://api.example.com:port",
    "https://api .example.com",
    "https://api.example.com/a b",
    "https://api.example.com\n",
    " https://api.example.com",
    "https://api.example.com\\k8s",
    "https://b\u00fccher.example.com",
    "https://api.example.com/\u202ek8s",
]
NOT_FOR_A_PATTERN = [
    "https://api..example.com",
    "https://-api.example.com",
    "https://10.0.0.256",
    "https://10.1",
    "https://0x7f.1",
    f"https://{'a' * 64}.example.com",
    "https://[::1::2]",
    "https://[fe80::1%eth0]",
    "https://api.example.com:0",
    "https://api.example.com:65536",
    f"https://api.example.com:{'9' * 5000}",
    "https://api.example.com/a/../b",
    "https://api.example.com/a/%2E%2e/b",
    "https://api.example.com/a%2fb",
    "https://api.example.com/%",
]
"""Unusable, and too difficult to say in the pattern of a schema."""


@pytest.mark.parametrize("text", USABLE)
def test_a_usable_address_is_used_by_the_client_as_it_is_meant(text: str) -> None:
    assert parse_server(text, insecure=False).geturl() == USABLE[text]


@pytest.mark.parametrize("text", UNUSABLE + NOT_FOR_A_PATTERN)
def test_an_unusable_address_is_refused_with_a_short_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"^it|^the host") as caught:
        parse(text)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("text", ["https://me:word@host", "https://host?token=word", "https://me:word@ho st"])
def test_a_password_in_an_address_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="unusable") as caught:
        parse_server(text, insecure=False)
    assert "word" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("text", USABLE)
def test_the_schema_accepts_what_the_client_can_use(text: str) -> None:
    assert PATTERN.fullmatch(text)


@pytest.mark.parametrize("text", UNUSABLE)
def test_the_schema_refuses_what_the_client_cannot_use(text: str) -> None:
    assert not PATTERN.fullmatch(text)


@given(st.text("hHtTpPsS:/[]@.%?#0129aA -\n\\", max_size=20).map("https://".__add__))
def test_whatever_is_usable_stays_the_same_when_it_is_parsed_again(text: str) -> None:
    try:
        address = parse(text)
    except ValueError:
        return
    assert PATTERN.fullmatch(text)
    again = parse(address.url)
    assert (again, again.endpoint) == (address, address.endpoint)

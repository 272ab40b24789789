"""Seconds that each address of a server gets."""

import ssl
from urllib.parse import urlsplit

import pytest
from urllib3 import PoolManager

from reconcile.openshift.connecting import Connection


@pytest.mark.parametrize(
    ("addresses", "seconds", "share"), [(1, 5.0, 5.0), (3, 6.0, 2.0), (9, 5.0, 1.0), (9, 0.5, 0.5)]
)
def test_the_addresses_of_a_server_share_the_time_to_connect(addresses, seconds, share):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    connection = Connection(urlsplit("https://api:6443"), context, PoolManager(), PoolManager(), addresses)
    assert connection.connect_timeout(seconds) == share

"""Hooks that break what tests want broken."""

import asyncio
import http.client
import time
import urllib.error

import pytest

from reconcile import kinds
from reconcile.sandbox.kubernetes.calls import Call
from tests.sandbox.kubernetes.conftest import Api, config_map

CMS = "/api/v1/namespaces/a/configmaps"
BROKEN = (urllib.error.URLError, http.client.RemoteDisconnected, ConnectionResetError)

pytestmark = pytest.mark.simulation


def reset(_call: Call) -> None:
    raise ConnectionResetError


def test_a_hook_that_returns_nothing_lets_the_request_pass(api: Api) -> None:
    seen: list[Call] = []
    api.cluster.faults.before.append(seen.append)
    assert api("POST", CMS, config_map()).status == 201
    assert [(call.verb, call.resource.kind, call.namespace) for call in seen] == [
        ("create", kinds.CONFIG_MAP, "a")
    ]


def test_a_hook_can_reset_the_connection_before_anything_is_done(api: Api) -> None:
    api.cluster.faults.before.append(reset)
    with pytest.raises(BROKEN):
        api("POST", CMS, config_map())
    assert api.cluster.objects(kinds.CONFIG_MAP, "a") == []


def test_an_answer_can_get_lost_after_the_write(api: Api) -> None:
    api.cluster.faults.after.append(reset)
    with pytest.raises(BROKEN):
        api("POST", CMS, config_map())
    assert len(api.cluster.objects(kinds.CONFIG_MAP, "a")) == 1


def test_a_hook_can_delay_without_holding_up_others(api: Api, plain: Api) -> None:
    async def wait(call: Call) -> None:
        if call.name == "slow":
            await asyncio.sleep(0.3)

    api.cluster.faults.before.append(wait)
    began = time.monotonic()
    api("GET", f"{CMS}/slow")
    assert time.monotonic() - began >= 0.3
    began = time.monotonic()
    assert plain("GET", CMS).status == 200
    assert time.monotonic() - began < 0.3


def test_discovery_has_no_faults(api: Api) -> None:
    api.cluster.faults.before.append(reset)
    assert api("GET", "/apis").status == 200

"""Tokens of ServiceAccounts on request: ``POST .../serviceaccounts/<name>/token``.

The token is a random text, not a JWT: nothing but this server can read it. Audiences and bound objects are repeated
in the answer and have no effect.
"""

import datetime
from typing import Any

from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes import ownership, shapes
from reconcile.sandbox.kubernetes.accounts import Accounts
from reconcile.sandbox.kubernetes.errors import Cause, Object, bad_request, invalid
from reconcile.sandbox.kubernetes.store import Record

TOKEN_REQUEST = Kind("authentication.k8s.io", "v1", "tokenrequests", "TokenRequest")
_SHORTEST, _LONGEST, _USUAL = 600, 1 << 32, 3600
_AUDIENCE = "https://kubernetes.default.svc"


def answer(record: Record, body: Any, accounts: Accounts, now: datetime.datetime, manager: str) -> Object:
    """Issue a token for a ServiceAccount.

    Raises:
        ApiError: 400 or 422 for requests that make no sense.
    """
    spec = _spec(body)
    seconds = spec.get("expirationSeconds") or _USUAL
    expires = now + datetime.timedelta(seconds=seconds)
    metadata = {
        "name": record.name,
        "namespace": record.namespace,
        "uid": record.uid,
        "creationTimestamp": _time(now),
    }
    head = {"kind": TOKEN_REQUEST.name, "apiVersion": TOKEN_REQUEST.api_version, "metadata": metadata}
    owner = ownership.Owner(manager, ownership.UPDATE, TOKEN_REQUEST.api_version, "token")
    request = ownership.update(
        {**head, "spec": {}},
        {**head, "spec": {**spec, "expirationSeconds": seconds}},
        shape=shapes.PLAIN,
        stamp=ownership.Stamp(owner, _time(now)),
        shares={},
    )
    filled = {"audiences": [_AUDIENCE], "boundObjectRef": None, **request["spec"]}
    status = {"token": accounts.issue(record, expires), "expirationTimestamp": _time(expires)}
    return {**request, "spec": filled, "status": status}


def _spec(body: Any) -> Object:
    if not isinstance(body, dict) or body.get("kind", TOKEN_REQUEST.name) != TOKEN_REQUEST.name:
        raise bad_request("the object provided is no TokenRequest")
    spec: Object = {key: value for key, value in (body.get("spec") or {}).items() if value}
    seconds = spec.get("expirationSeconds") or _USUAL
    why = ""
    if seconds < _SHORTEST:
        why = "may not specify a duration less than 10 minutes"
    elif seconds > _LONGEST:
        why = "may not specify a duration larger than 2^32 seconds"
    if why:
        cause = Cause("FieldValueInvalid", f"Invalid value: {seconds}: {why}", "spec.expirationSeconds")
        raise invalid(TOKEN_REQUEST, "", [cause])
    return spec


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

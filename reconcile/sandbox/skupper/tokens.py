"""Tokens: the answer to a request Secret (``client/connector_token_create.go``)."""

import copy

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.sandbox.skupper import certificates, names
from reconcile.sandbox.skupper.hosts import resolve
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.router_config import parse_config
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.surroundings import Surroundings


class TokenError(Exception):
    """The request cannot be answered; it stays a request."""


def answer(request: Json, settings: Settings, around: Surroundings) -> Json:
    """Return the request Secret turned into a token of the site.

    Raises TokenError, UnresolvableError (the host cannot be told), ClusterError. A host that is not known yet is no
    reason to refuse: the token comes out with an empty host.
    """
    version = _accepting_version(settings, around)
    ca = around.read(SECRET, names.SITE_CA)
    if ca is None:
        raise TokenError(f'secrets "{names.SITE_CA}" not found')
    try:
        authority = certificates.read_authority(ca.get("data") or {})
    except (ValueError, TypeError) as error:
        raise TokenError(f"Secret {names.SITE_CA} is no usable CA: {error}") from None
    inter_router = resolve(settings, names.ROLE_INTER_ROUTER, around.read)
    edge = resolve(settings, names.ROLE_EDGE, around.read)
    name = request["metadata"]["name"]
    token = {**copy.deepcopy(request), "apiVersion": SECRET.api_version, "kind": SECRET.name}
    token["data"] = certificates.new_leaf(name, (), authority=authority, at=around.clock.now())
    token["metadata"]["labels"][names.TYPE] = names.TOKEN
    token["metadata"]["annotations"] = {
        **(token["metadata"].get("annotations") or {}),
        "inter-router-host": inter_router.host,
        "inter-router-port": inter_router.port,
        "edge-host": edge.host,
        "edge-port": edge.port,
        names.SITE_VERSION: version,
        names.GENERATED_BY: settings.site_id,
    }
    return token


def is_request(secret: Json) -> bool:
    """Tell whether a Secret asks for a token."""
    return _type(secret) == names.TOKEN_REQUEST


def is_token(secret: Json) -> bool:
    """Tell whether a Secret is a token."""
    return _type(secret) == names.TOKEN


def _type(secret: Json) -> str:
    return str((secret["metadata"].get("labels") or {}).get(names.TYPE, ""))


def _accepting_version(settings: Settings, around: Surroundings) -> str:
    internal = around.read(CONFIG_MAP, names.INTERNAL)
    if internal is None:
        raise TokenError(f'configmaps "{names.INTERNAL}" not found')
    config = parse_config((internal.get("data") or {}).get(names.INTERNAL_KEY, "[]"))
    if config.edge:
        raise TokenError("Edge configuration cannot accept connections")
    if settings.faults:
        raise TokenError("; ".join(settings.faults))
    return config.metadata["version"]

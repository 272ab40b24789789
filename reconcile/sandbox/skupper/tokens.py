"""Tokens: the answer to a request Secret (``client/connector_token_create.go``)."""

import copy

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.sandbox.skupper import certificates, names
from reconcile.sandbox.skupper.hosts import resolve
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.router_config import parse_config
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings


def answer(request: Json, settings: Settings, around: Surroundings) -> Json:
    """Return the request Secret turned into a token of the site.

    Raises SkupperError or ClusterError. A host that is not known yet does not fail: the token has an empty host.
    """
    internal = around.read(CONFIG_MAP, names.INTERNAL)
    if internal is None:
        raise SkupperError(f'configmaps "{names.INTERNAL}" not found')
    config = parse_config((internal.get("data") or {}).get(names.INTERNAL_KEY, "[]"))
    if config.edge:
        raise SkupperError("Edge configuration cannot accept connections")
    ca = around.read(SECRET, names.SITE_CA)
    if ca is None:
        raise SkupperError(f'secrets "{names.SITE_CA}" not found')
    authority = certificates.read_authority(names.SITE_CA, ca.get("data") or {})
    token = {**copy.deepcopy(request), "apiVersion": SECRET.api_version, "kind": SECRET.name}
    name = request["metadata"]["name"]
    token["data"] = certificates.new_leaf(name, (), authority=authority, at=around.clock.now())
    token["metadata"]["labels"][names.TYPE] = names.TOKEN
    annotations = token["metadata"].setdefault("annotations", {})
    for role in (names.ROLE_INTER_ROUTER, names.ROLE_EDGE):
        annotations[f"{role}-host"], annotations[f"{role}-port"] = resolve(settings, role, around.read)
    annotations[names.SITE_VERSION] = config.metadata["version"]
    annotations[names.GENERATED_BY] = settings.site_id
    return token


def is_request(secret: Json) -> bool:
    """Return whether a Secret asks for a token."""
    return _type(secret) == names.TOKEN_REQUEST


def is_token(secret: Json, *, not_by: str = "") -> bool:
    """Return whether a Secret is a token, and not one that the site ``not_by`` made."""
    annotations = secret["metadata"].get("annotations") or {}
    return _type(secret) == names.TOKEN and (not not_by or annotations.get(names.GENERATED_BY) != not_by)


def host_of(token: Json, *, edge: bool) -> str:
    """Return which host a site dials with a token."""
    role = names.ROLE_EDGE if edge else names.ROLE_INTER_ROUTER
    return str((token["metadata"].get("annotations") or {}).get(f"{role}-host", ""))


def _type(secret: Json) -> str:
    return str((secret["metadata"].get("labels") or {}).get(names.TYPE, ""))

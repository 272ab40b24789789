"""Delivery of a token: what of the issuer's Secret reaches the dialler, judged on the bytes that are delivered.

The two Secrets are on clusters of different owners. Labels, cost and the annotations that name the link come from the
plan; data and the annotations of Skupper come from the issuer, and only as far as they are those of a token for this
link. What the link needs is checked, and a token without it is refused; everything else is dropped.

Source: ``client/connector_token_create.go``, ``cmd/service-controller/token_handler.go``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.findings import Reason
from reconcile.skupper.live import strings
from reconcile.skupper.plan import Refusal
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import commands, names, token_data
from reconcile.skupper.v1.endpoints import Endpoint

_VERSION = re.compile(r"[0-9A-Za-z.+_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """Composes the dialler's Secret of one link; holds what its token must say of the issuer, and no secret data."""

    name: str
    """Of the link's Secrets at both ends."""
    issuer: SiteKey
    site_id: str
    """Of the issuer."""
    ca: str
    """Fingerprint of the issuer's CA."""
    edge: bool
    """True if the dialler is an edge site."""
    inter_router: Endpoint
    edge_router: Endpoint

    def __call__(self, body: Mapping[str, Any], token: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
        """The Secret to create from `body`, what the plan says of it, and `token`, the issuer's Secret."""
        source = token.get("metadata")
        found = strings(source.get("annotations") if isinstance(source, Mapping) else None)
        fault = self._fault(found)
        if fault:
            return self._refusal(fault)
        data = token_data.read(token.get("data"), self.ca)
        if isinstance(data, str):
            return self._refusal(data)
        metadata = body["metadata"]
        annotations = {**self._kept(found), **metadata["annotations"]}
        return {**body, "metadata": {**metadata, "annotations": annotations}, "data": data}

    def _fault(self, found: Mapping[str, str]) -> Reason | None:
        """Why these are not the annotations of a token for this link. Never quotes them."""
        if found.get(names.GENERATED_BY) != self.site_id:
            return f"annotation {names.GENERATED_BY} is not {self.site_id}, the id of the issuer"
        for key, expected in self._address(edge=self.edge).items():
            if found.get(key) != expected:
                return f"annotation {key} is not {expected}, where the issuer is dialled"
        return None

    def _kept(self, found: Mapping[str, str]) -> Mapping[str, str]:
        """Those of Skupper's annotations whose text is what it must be.

        The address for the other kind of dialler is not used by this one. It is kept where it is the issuer's.
        """
        addresses = self._address(edge=False) | self._address(edge=True) | {names.GENERATED_BY: self.site_id}
        kept = {key: text for key, text in addresses.items() if found.get(key) == text}
        version = found.get(names.SITE_VERSION, "")
        return {**kept, names.SITE_VERSION: version} if _VERSION.fullmatch(version) else kept

    def _address(self, *, edge: bool) -> dict[str, str]:
        role, endpoint = ("edge", self.edge_router) if edge else ("inter-router", self.inter_router)
        return {f"{role}-host": endpoint.host, f"{role}-port": endpoint.port}

    def _refusal(self, reason: Reason) -> Refusal:
        again = commands.on(self.issuer, f"delete secret {self.name}")
        return Refusal(reason, f"to have the next run request it again, {again}")

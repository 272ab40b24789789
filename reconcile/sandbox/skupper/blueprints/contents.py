"""ConfigMaps, Secrets and the NetworkPolicy of a site."""

import base64
from collections.abc import Mapping

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.sandbox.skupper.blueprints.metadata import owned
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.settings import Settings


def config_map(name: str, settings: Settings, data: Mapping[str, str] | None = None) -> Json:
    """Return a ConfigMap of the site."""
    return {**owned(CONFIG_MAP, name, settings), **({"data": dict(data)} if data else {})}


def secret(name: str, settings: Settings, data: Mapping[str, str]) -> Json:
    """Return a Secret of the site; ``data`` is base64 already."""
    return {**owned(SECRET, name, settings), "type": "Opaque", "data": dict(data)}


def text_secret(name: str, settings: Settings, texts: Mapping[str, str]) -> Json:
    """Return a Secret of the site with texts in it."""
    data = {key: base64.b64encode(text.encode()).decode("ascii") for key, text in texts.items()}
    return secret(name, settings, data)

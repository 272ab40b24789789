"""Answers in the form that the client accepts: the object itself, a table of it, or only its metadata."""

from collections.abc import Callable

from aiohttp import web

from reconcile.sandbox.kubernetes import watches
from reconcile.sandbox.kubernetes.lists import Page
from reconcile.sandbox.kubernetes.store import EventType, Record


def record(_request: web.Request, shown: Record, status: int = 200) -> web.Response:
    """One object."""
    return web.Response(status=status, body=shown.body, content_type="application/json")


def page(_request: web.Request, shown: Page) -> web.Response:
    """A list."""
    return web.Response(body=shown.body, content_type="application/json")


def event(_request: web.Request) -> Callable[[EventType, Record], bytes]:
    """How the events of a watch are written."""
    return watches.as_object

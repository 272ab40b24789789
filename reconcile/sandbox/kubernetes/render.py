"""Answers in the form that the client asks for: the object itself, a row of a table, or only its metadata.

The form is a parameter of the media types in ``Accept``; the first one that is known here counts. Everything is
JSON, also for clients that would rather have protobuf.
"""

import datetime
from collections.abc import Callable
from typing import Literal

from aiohttp import web

from reconcile.sandbox.kubernetes import tables, watches
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.lists import Page
from reconcile.sandbox.kubernetes.store import EventType, Record, to_json

Form = Literal["object", "table", "metadata"]
Clock = Callable[[], datetime.datetime]
_FORMS: dict[str, Form] = {
    "Table": "table",
    "PartialObjectMetadata": "metadata",
    "PartialObjectMetadataList": "metadata",
}


def form_of(accept: str) -> Form:
    """What an ``Accept`` header asks for."""
    for media_type in accept.split(","):
        name, *parameters = (part.strip() for part in media_type.split(";"))
        values = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        if values.get("as") in _FORMS and name == "application/json" and values.get("v", "v1") == "v1":
            return _FORMS[values["as"]]
        if "as" not in values and name in {"application/json", "*/*"}:
            return "object"
    return "object"


class Renderer:
    """Writes the answers to one request."""

    def __init__(self, request: web.Request, resource: Resource, now: Clock) -> None:
        self._form = form_of(request.headers.get("Accept", ""))
        self._include = request.query.get("includeObject", "Metadata")
        self._resource = resource
        self._now = now
        self._heading = True

    def record(self, shown: Record, status: int = 200) -> web.Response:
        """One object."""
        body = shown.body
        if self._form == "table":
            body = self._table([shown], {"resourceVersion": str(shown.revision)})
        elif self._form == "metadata":
            body = to_json(tables.partial(shown))
        return web.Response(status=status, body=body, content_type="application/json")

    def page(self, shown: Page) -> web.Response:
        """A list."""
        body = shown.body
        if self._form == "table":
            body = self._table(shown.records, shown.metadata)
        elif self._form == "metadata":
            items = [tables.partial(record) for record in shown.records]
            head = {
                "kind": "PartialObjectMetadataList",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": shown.metadata,
            }
            body = to_json({**head, "items": items})
        return web.Response(body=body, content_type="application/json")

    def event(self, event_type: EventType, record: Record) -> bytes:
        """One event of a watch; only the first table of a watch has headings."""
        if self._form == "object":
            return watches.as_object(event_type, record)
        if self._form == "metadata":
            shown = to_json(tables.partial(record))
        else:
            shown = self._table([record], {"resourceVersion": str(record.revision)})
            self._heading = False
        return b'{"type":"' + event_type.encode() + b'","object":' + shown + b"}\n"

    def _table(self, records: list[Record], metadata: dict[str, object]) -> bytes:
        shown = tables.table(
            self._resource.kind,
            records,
            self._now(),
            metadata=metadata,
            include=self._include,
            heading=self._heading,
        )
        return to_json(shown)

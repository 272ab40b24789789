"""LIST: selection, paging and the body of the answer."""

import base64
import itertools
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import bad_request, expired, too_new
from reconcile.sandbox.kubernetes.selectors import selector_of
from reconcile.sandbox.kubernetes.store import Record, Store, to_json

_MAX_RESTS = 100
"""Unfinished lists that are kept; the oldest is dropped first."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a LIST."""

    resource: Resource
    records: list[Record]
    revision: int
    counted: bool = False
    """Whether the answer contains how many objects are left; with a selector it does not."""
    proceed: str = ""
    """The ``continue`` token, if there is more."""
    remaining: int | None = None

    @property
    def metadata(self) -> dict[str, object]:
        """``ListMeta`` of the answer."""
        metadata: dict[str, object] = {"resourceVersion": str(self.revision)}
        if self.proceed:
            metadata["continue"] = self.proceed
        if self.remaining:
            metadata["remainingItemCount"] = self.remaining
        return metadata

    @property
    def body(self) -> bytes:
        """The answer as JSON."""
        kind = self.resource.kind
        head = to_json(
            {"kind": f"{kind.name}List", "apiVersion": kind.api_version, "metadata": self.metadata}
        )
        return head[:-1] + b',"items":[' + b",".join(record.list_item for record in self.records) + b"]}"


class Lists:
    """The lists of one cluster. All pages of a list show the state at the time of the first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = itertools.count(1)
        self._rests: OrderedDict[int, Page] = OrderedDict()

    def page(self, resource: Resource, namespace: str, query: Mapping[str, str]) -> Page:
        """The objects that a LIST asks for.

        Raises:
            ApiError: 400; 410 for a ``continue`` token that is too old; 504 for a version of the future.
        """
        limit = _number(query.get("limit", ""))
        if token := query.get("continue"):
            return self._cut(self._rest(token), limit)
        _check_version(self._store, query)
        selector = selector_of(resource, query)
        found = [
            record
            for record in self._store.records(resource.kind, namespace)
            if selector.matches(record.object)
        ]
        everything = not (selector.labels or selector.fields)
        return self._cut(Page(resource, found, self._store.revision, counted=everything), limit)

    def _cut(self, page: Page, limit: int) -> Page:
        """The first objects of a page, as many as the limit allows; the rest is kept."""
        if not limit or len(page.records) <= limit:
            return page
        number = next(self._numbers)
        self._rests[number] = replace(page, records=page.records[limit:])
        if len(self._rests) > _MAX_RESTS:
            self._rests.popitem(last=False)
        return replace(
            page,
            records=page.records[:limit],
            proceed=_write_token(number),
            remaining=len(page.records) - limit if page.counted else None,
        )

    def _rest(self, token: str) -> Page:
        """The rest that a ``continue`` token refers to. It can be read again, in case the answer got lost."""
        page = self._rests.get(_read_token(token))
        if page is None or page.revision < self._store.compacted:
            raise expired(page.revision if page else 0, self._store.compacted)
        return page


def _check_version(store: Store, query: Mapping[str, str]) -> None:
    """Refuse lists of the future, and lists of exactly some past state: only the present one is kept."""
    wanted = _number(query.get("resourceVersion", ""))
    if wanted > store.revision:
        raise too_new(wanted, store.revision)
    if query.get("resourceVersionMatch") == "Exact" and wanted != store.revision:
        raise expired(wanted, store.revision)


def _number(text: str) -> int:
    if text and not text.isdigit():
        raise bad_request(f"{text!r} is not a number")
    return int(text or 0)


def _write_token(number: int) -> str:
    return base64.urlsafe_b64encode(to_json({"v": "meta.k8s.io/v1", "rest": number})).decode()


def _read_token(token: str) -> int:
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["rest"])
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("invalid continue token") from error

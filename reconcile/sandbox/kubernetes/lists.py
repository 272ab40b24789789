"""LIST: selection, paging and the bytes of the answer."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import bad_request, continue_expired, expired, too_new
from reconcile.sandbox.kubernetes.selectors import selector_of
from reconcile.sandbox.kubernetes.store import Record, Store, to_json


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a LIST."""

    resource: Resource
    records: list[Record]
    revision: int
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


def page(
    store: Store,
    resource: Resource,
    namespace: str,
    query: Mapping[str, str],
    visible: Callable[[Record], bool],
) -> Page:
    """The objects that a LIST asks for; ``visible`` hides what the account must not see.

    Raises:
        ApiError: 400, or 410 for a ``continue`` token of an older state.
    """
    selector = selector_of(resource, query)
    limit = _number(query.get("limit", "")) or 0
    found = [
        record
        for record in store.records(resource.kind, namespace)
        if selector.matches(record.object) and visible(record)
    ]
    revision = store.revision
    if token := query.get("continue"):
        revision, last = _read_token(token)
        if store.changed_since(resource.kind, revision):
            raise continue_expired()
        found = [record for record in found if record.key > last]
    else:
        _check_version(store, query)
    if not limit or len(found) <= limit:
        return Page(resource, found, revision)
    shown, rest = found[:limit], found[limit:]
    counted = None if selector.labels or selector.fields else len(rest)
    return Page(resource, shown, revision, _write_token(revision, shown[-1].key), counted)


def _check_version(store: Store, query: Mapping[str, str]) -> None:
    """Refuse lists of the future, and lists of exactly some past state: only the present one is kept."""
    wanted = _number(query.get("resourceVersion", "")) or 0
    if wanted > store.revision:
        raise too_new(wanted, store.revision)
    if query.get("resourceVersionMatch") == "Exact" and wanted != store.revision:
        raise expired(wanted, store.revision)


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax")
    return int(text)


def _write_token(revision: int, last: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(to_json({"v": "meta.k8s.io/v1", "rv": revision, "start": last})).decode()


def _read_token(token: str) -> tuple[int, tuple[str, str]]:
    try:
        fields = json.loads(base64.urlsafe_b64decode(token))
        namespace, name = fields["start"]
        return int(fields["rv"]), (namespace, name)
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("invalid continue token: continue key is not valid") from error

"""A request to an API server and its answer, as HTTP has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; ``path`` includes the query."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, complete, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """Media type without parameters, lower case; empty if the server names none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def busy(self) -> bool:
        """A retry may succeed (429, 5xx)."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def retry_after(self) -> float:
        """Seconds that the server asks to wait; 0 if it asks for none. Kubernetes writes no dates here."""
        text = self.headers.get("Retry-After", "")
        return float(text) if text.isdecimal() else 0.0

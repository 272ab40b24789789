"""What the administrator of one API server says to it: plain HTTP over connections that stay open."""

import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import urllib3

JSON = "application/json"
MERGE = "application/merge-patch+json"


@dataclass
class Administrator:
    """Says what tests want of a server, without a client of ours in between. Thread-safe."""

    url: str
    token: str = field(repr=False)
    ca_file: str = ""
    _pool: urllib3.PoolManager | None = None

    def ask(self, method: str, path: str, body: Any = None, content_type: str = JSON) -> tuple[int, Any]:
        """Status and parsed body of one answer; status 0 if there is none."""
        if self._pool is None:
            self._pool = urllib3.PoolManager(maxsize=4, ca_certs=self.ca_file, timeout=30, retries=False)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool.request(method, self.url + path, body=data, headers=headers)
        except urllib3.exceptions.HTTPError:
            return 0, None
        return answer.status, _parsed(answer.data)

    def must(self, method: str, path: str, body: Any = None, content_type: str = JSON) -> Any:
        """The body of an answer that has to be a good one."""
        status, answer = self.ask(method, path, body, content_type)
        assert status in {200, 201}, (method, path, status, answer)
        return answer

    def close(self) -> None:
        if self._pool is not None:
            self._pool.clear()
            self._pool = None


def _parsed(raw: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(raw)
    return raw.decode(errors="replace")

"""Sessions of ``requests`` within limits, for libraries that bring no limits of their own.

Answers are read as a whole before anybody sees them. They must not be compressed: ``requests`` would decompress any
amount, and nothing is asked for compressed.
"""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from reconcile.http.connections import limit
from reconcile.http.exchange import Exchange, Limits


class Refused(requests.exceptions.RequestException):
    """An answer is not accepted. ``str()`` completes a sentence that begins with the server's name."""


class LimitedAdapter(HTTPAdapter):
    """Sends requests and reads their answers within limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """See ``HTTPAdapter``."""
        super().init_poolmanager(*arguments, **options)
        limit(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """See ``HTTPAdapter``."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **options)
        if not known:
            limit(manager)
        return manager

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Send a request and read the whole answer.

        Raises:
            Refused: if the answer exceeds a limit or is compressed.
            requests.RequestException: as ``HTTPAdapter`` does.
        """
        request.headers["Accept-Encoding"] = "identity"
        with Exchange(self._limits) as exchange:
            try:
                response = super().send(request, **{**options, "stream": True})
                encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
                if encoding not in {"identity", ""}:
                    response.close()
                    raise Refused("compressed its response, which was not asked for", request=request)
                _read(response, exchange)
                # To guess an encoding takes `requests` minutes for some answers.
                response.encoding = response.encoding or "utf-8"
            except requests.exceptions.RequestException:
                if exchange.exceeded is None:
                    raise
            except (HTTPError, OSError, ValueError, LookupError) as error:
                # `requests` lets some errors of urllib3 and of http.client through.
                if exchange.exceeded is None:
                    raise requests.exceptions.ConnectionError(type(error).__name__, request=request) from None
            else:
                return response
        raise Refused(str(exchange.exceeded), request=request)


def session(limits: Limits) -> requests.Session:
    """A session whose requests keep to ``limits``, whatever address they go to."""
    made = requests.Session()
    mount(made, limits)
    return made


def mount(made: requests.Session, limits: Limits) -> None:
    """Let an existing session keep to ``limits``."""
    for scheme in ("https://", "http://"):
        made.mount(scheme, LimitedAdapter(limits))


def _read(response: requests.Response, exchange: Exchange) -> None:
    """Read the body; it stays in ``response.content``."""
    try:
        size = len(response.content)
    finally:
        if exchange.exceeded is not None:
            response.close()
    exchange.check(size)

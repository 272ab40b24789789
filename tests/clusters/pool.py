"""The API servers of one test run: started once, acquired by one test process after the other.

The process that began the run has the pool and listens on a socket; the workers ask there. A server is acquired by one
test at a time, as an empty cluster. What a process holds when it ends comes back by itself.

Nobody waits while holding: a process that has servers is refused more, so that two processes can never wait for each
other. A test that needs servers therefore shares its module with no fixture that keeps some.
"""

import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

from reconcile.sandbox.kubernetes import tls
from tests.clusters.administration import Administrator
from tests.clusters.api_server import ApiServer, Profile
from tests.clusters.assets import Assets
from tests.clusters.etcd import Etcd
from tests.clusters.routes import RouteHosts

LIMIT = 6
"""Servers; the demo has as many clusters."""
_ADDRESS, _KEY, _AUTHORITY = "API_SERVER_POOL", "API_SERVER_POOL_KEY", "API_SERVER_POOL_AUTHORITY"


@dataclass(frozen=True)
class Wish:
    """A cluster that a test wants."""

    profile: Profile
    apps_domain: str
    """Routes get their hosts below it."""


@dataclass(frozen=True)
class Loan:
    """A server that a test has."""

    number: int
    url: str
    token: str = field(repr=False)
    profile: Profile
    collects: bool
    """True if a garbage collector runs beside it."""

    def administrator(self) -> Administrator:
        return Administrator(self.url, self.token, str(authority()))


class Pool:
    """Owns etcd and all servers. Thread-safe; starts nothing before it is asked."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        memory = Path("/dev/shm")
        # etcd waits for the disk at every write, and nothing here outlives the run.
        parent = memory if memory.is_dir() else None
        self._folder = Path(tempfile.mkdtemp(prefix="control-plane-", dir=parent))
        self.files = tls.issue(self._folder)
        self._hosts = RouteHosts(self.files)
        self._etcd: Etcd | None = None
        self._servers: list[ApiServer] = []
        self._lent: set[int] = set()
        self._turns: list[object] = []
        self._changed = threading.Condition()

    @property
    def size(self) -> int:
        """Servers that have been started."""
        return len(self._servers)

    def acquire(self, wishes: Sequence[Wish]) -> list[Loan]:
        """Lend a server for each wish, all or none: in the order in which processes ask."""
        assert len(wishes) <= LIMIT, f"there are at most {LIMIT} API servers"
        turn = object()
        with self._changed:
            self._turns.append(turn)
            self._changed.wait_for(lambda: self._turns[0] is turn and LIMIT - len(self._lent) >= len(wishes))
            chosen = self._choose([wish.profile for wish in wishes])
            self._lent.update(server.number for server in chosen)
            self._turns.remove(turn)
            self._changed.notify_all()
        try:
            for server, wish in zip(chosen, wishes, strict=True):
                self._hosts.domains[server.number] = wish.apps_domain
                server.prepare(wish.profile)
        except BaseException:
            self.release([server.number for server in chosen])
            raise
        return [self._loan(server) for server in chosen]

    def release(self, numbers: Sequence[int]) -> None:
        """Take servers back, whatever is on them."""
        with self._changed:
            self._lent.difference_update(numbers)
            self._changed.notify_all()

    def stop(self) -> None:
        for server in self._servers:
            server.stop()
        if self._etcd:
            self._etcd.stop()
        self._hosts.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _choose(self, profiles: Sequence[Profile]) -> list[ApiServer]:
        """Servers that are as wanted already, else new ones while there may be more, else any."""
        free = [server for server in self._servers if server.number not in self._lent]
        chosen: list[ApiServer | None] = []
        for profile in profiles:
            fitting = next((server for server in free if server.profile == profile), None)
            if fitting:
                free.remove(fitting)
            chosen.append(fitting)
        return [server or self._new() or free.pop() for server in chosen]

    def _new(self) -> ApiServer | None:
        if len(self._servers) == LIMIT:
            return None
        self._etcd = self._etcd or Etcd(self._assets["etcd"], self._folder)
        server = ApiServer(self._assets, self.files, len(self._servers), etcd=self._etcd, hosts=self._hosts)
        self._servers.append(server)
        return server

    def _loan(self, server: ApiServer) -> Loan:
        administrator = server.administrator
        assert server.profile
        return Loan(
            server.number,
            administrator.url,
            administrator.token,
            server.profile,
            server.collects,
        )


@contextmanager
def serving(assets: Assets) -> Iterator[Pool]:
    """A pool for this process and all that it starts, found by ``acquire`` and ``release`` below."""
    pool = Pool(assets)
    key = secrets.token_bytes(16)
    with tempfile.TemporaryDirectory() as folder, Listener(f"{folder}/pool", authkey=key) as listener:
        os.environ |= {_ADDRESS: f"{folder}/pool", _KEY: key.hex(), _AUTHORITY: str(pool.files.ca_file)}
        threading.Thread(target=_listen, args=(pool, listener), name="pool", daemon=True).start()
        try:
            yield pool
        finally:
            _forget()
            for name in (_ADDRESS, _KEY, _AUTHORITY):
                del os.environ[name]
            pool.stop()


def _listen(pool: Pool, listener: Listener) -> None:
    while True:
        try:
            connection = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(pool, connection), name="pool", daemon=True).start()


def _serve(pool: Pool, connection: Connection) -> None:
    """Do what one process asks for, until it ends."""
    held: set[int] = set()
    try:
        while True:
            asked = connection.recv()
            if isinstance(asked[0], Wish):
                connection.send(_acquired(pool, asked, held))
            else:
                pool.release(asked)
                held.difference_update(asked)
                connection.send(True)
    except (EOFError, OSError):
        pool.release(tuple(held))


def _acquired(pool: Pool, wishes: list[Wish], held: set[int]) -> list[Loan] | str:
    """What was acquired, or why nothing could be, for the test that asked; it would wait without end."""
    if held:
        return "no API servers to be had: a fixture of this process holds some; return what it found and release them"
    try:
        loans = pool.acquire(wishes)
    except Exception as error:  # noqa: BLE001
        return f"no API servers to be had: {type(error).__name__}: {error}"
    held.update(loan.number for loan in loans)
    return loans


_connections: list[Connection] = []
_asking = threading.Lock()


def acquire(wishes: Sequence[Wish]) -> list[Loan]:
    """Borrow servers from the pool of this run; waits until there are as many."""
    answer = _ask(list(wishes)) if wishes else []
    assert not isinstance(answer, str), answer
    return answer


def release(loans: Sequence[Loan]) -> None:
    """Give servers back."""
    if loans:
        _ask([loan.number for loan in loans])


def authority() -> Path:
    """The file of the authority that vouches for all servers."""
    return Path(os.environ[_AUTHORITY])


def _ask(asked: list[Wish] | list[int]) -> list[Loan] | str:
    with _asking:
        if not _connections:
            _connections.append(Client(os.environ[_ADDRESS], authkey=bytes.fromhex(os.environ[_KEY])))
        # Servers that others have say nothing about this test: its time-out stands still meanwhile.
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            _connections[0].send(asked)
            return _connections[0].recv()
        finally:
            signal.setitimer(signal.ITIMER_REAL, left)


def _forget() -> None:
    while _connections:
        _connections.pop().close()

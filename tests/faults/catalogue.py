"""All faults that are tried, as data: `docs/faults.md` and the tests are made from this list, so neither can drift.

To add one: an entry here, `make golden` for what a user sees, a look at that, `make docs`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.faults import causes, causes_elsewhere
from tests.faults.scenario import Scenario


class Place(Enum):
    """Where a fault is put in."""

    CLUSTER = "One of three clusters, named `faulty`"
    GRAPHQL = "The GraphQL server"
    VAULT = "Vault"
    DISK = "A full disk"


class Still(Enum):
    """What happens in the run that meets the fault."""

    ALL = "everything: the run retries and succeeds"
    OTHERS = "all other clusters and networks converge in the usual time"
    REST_OF_CLUSTER = "everything else converges, on this cluster too"
    NOTHING = "nothing is read from or written to any cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault and what must hold while it lasts and after it."""

    name: str
    title: str
    how: Callable[[Scenario], object]
    place: Place = Place.CLUSTER
    line: str = "qontract-skupper run"
    """What the user has typed who meets the fault."""
    still: Still = Still.OTHERS
    named: str = "faulty: cannot list "
    """What the errors name: the cluster, its namespace where it is one namespace's fault, or the server."""
    down: bool = False
    """The cluster gives no answer at all, and may not hold up the run for long."""
    server_matters: bool = False
    """What happens depends on the API server behind the fault proxy, so real ones are tried at every test run. Other
    faults are caused by the fault proxy alone: real ones are tried with ``--proof`` only.
    """
    racing: bool = False
    """What is seen depends on what is in flight at that moment: what was reviewed is one example of it."""

    @property
    def code(self) -> int:
        return 0 if self.still is Still.ALL else 1


_BUNDLE = "qontract-skupper bundle <folder>/data --schemas schemas -o"

FAULTS = (
    Fault(name="refused", title="Connections are refused", how=causes.refused, down=True),
    Fault(
        name="no-handshake",
        title="Connections are accepted, the TLS handshake never ends",
        how=causes.no_handshake,
        down=True,
        named="faulty: cannot list",
    ),
    Fault(
        name="black-hole",
        title="Packets are dropped: connections time out",
        how=causes.black_hole,
        down=True,
    ),
    Fault(name="latency", title="Each answer takes 30 s", how=causes.latency, down=True),
    Fault(name="expired", title="The server's certificate has expired", how=causes.expired),
    Fault(
        name="other-authority",
        title="The server's certificate is signed by an authority that is not trusted",
        how=causes.other_authority,
    ),
    Fault(name="other-name", title="The server's certificate is that of another host", how=causes.other_name),
    Fault(name="unauthorised", title="The token is not accepted (401)", how=causes.unauthorised),
    Fault(
        name="forbidden-namespace",
        title="No rights in one namespace (403)",
        how=causes.forbidden_namespace,
        still=Still.REST_OF_CLUSTER,
        named="faulty/new: cannot ",
        server_matters=True,
    ),
    Fault(
        name="forbidden-reading",
        title="No rights in one namespace (403), nor any cluster-wide",
        how=causes.forbidden_reading,
        still=Still.REST_OF_CLUSTER,
        named="faulty/new",
        server_matters=True,
    ),
    Fault(
        name="no-namespace",
        title="A namespace does not exist (404)",
        how=causes.no_namespace,
        still=Still.REST_OF_CLUSTER,
        named="faulty/new",
        server_matters=True,
    ),
    Fault(
        name="conflicts",
        title="Each write conflicts once (409)",
        how=causes.conflicts,
        still=Still.ALL,
        server_matters=True,
    ),
    Fault(
        name="endless-conflicts",
        title="All writes conflict (409)",
        how=causes.endless_conflicts,
        named="faulty/new: cannot ",
        server_matters=True,
    ),
    Fault(
        name="history-expired",
        title="Each watch expires once (410)",
        how=causes.history_expired,
        still=Still.ALL,
        server_matters=True,
    ),
    Fault(
        name="throttled",
        title="A dozen requests are throttled: 429 with `Retry-After: 1`",
        how=causes.throttled,
        still=Still.ALL,
    ),
    Fault(
        name="endless-throttling",
        title="All requests are throttled: 429 with `Retry-After: 1`",
        how=causes.endless_throttling,
    ),
    Fault(name="failures", title="A dozen requests fail (500)", how=causes.failures, still=Still.ALL),
    Fault(name="endless-failures", title="All requests fail (500)", how=causes.endless_failures),
    Fault(
        name="unavailable",
        title="Ten requests are refused (503)",
        how=causes.unavailable,
        still=Still.ALL,
    ),
    Fault(
        name="reset",
        title="Each connection is reset once, half-way through the answer",
        how=causes.reset,
        still=Still.ALL,
    ),
    Fault(
        name="endless-resets",
        title="All connections are reset half-way through the answer",
        how=causes.endless_resets,
    ),
    Fault(
        name="lost-answers",
        title="The answer to each write is lost once, after it took effect",
        how=causes.lost_answers,
        still=Still.ALL,
        server_matters=True,
    ),
    Fault(name="truncated", title="All answers are shorter than announced", how=causes.truncated),
    Fault(name="broken-chunks", title="All answers end within a chunk", how=causes.broken_chunks),
    Fault(name="no-json", title="A web page answers in place of the API server", how=causes.no_json),
    Fault(
        name="large-answers",
        title="All answers are larger than any of an API server",
        how=causes.large_answers,
    ),
    Fault(name="endless-lists", title="Every list goes on with the same chunk", how=causes.endless_lists),
    Fault(
        name="dies",
        title="The API server dies while a site is being created",
        how=causes.dies,
        named="faulty/new: cannot ",
        down=True,
        racing=True,
    ),
    Fault(
        name="no-watches",
        title="Watches of ConfigMaps are cut as soon as they open",
        how=causes.no_watches,
        named="faulty: cannot watch ",
        down=True,
    ),
    Fault(
        name="graphql-down",
        title="Connections are refused",
        how=causes_elsewhere.graphql_down,
        place=Place.GRAPHQL,
        still=Still.NOTHING,
        named="http://127.0.0.1:<port>/sha256",
    ),
    Fault(
        name="graphql-slow",
        title="Each answer takes half a second",
        how=causes_elsewhere.graphql_slow,
        place=Place.GRAPHQL,
        still=Still.ALL,
    ),
    Fault(
        name="graphql-failing",
        title="All requests fail (503)",
        how=causes_elsewhere.graphql_failing,
        place=Place.GRAPHQL,
        still=Still.NOTHING,
        named="http://127.0.0.1:<port>/sha256",
    ),
    Fault(
        name="graphql-errors",
        title="Queries are answered with errors",
        how=causes_elsewhere.graphql_errors,
        place=Place.GRAPHQL,
        still=Still.NOTHING,
        named="http://127.0.0.1:<port>/graphqlsha/<sha256>",
    ),
    Fault(
        name="graphql-changing",
        title="Another bundle is loaded during the run: the run keeps the one it started with",
        how=causes_elsewhere.graphql_changing,
        place=Place.GRAPHQL,
        still=Still.ALL,
    ),
    Fault(
        name="vault-down",
        title="Connections are refused",
        how=causes_elsewhere.vault_down,
        place=Place.VAULT,
        still=Still.NOTHING,
        named="cluster faulty: Vault http://127.0.0.1:<port>",
    ),
    Fault(
        name="vault-refusing",
        title="The secret of `faulty` may not be read",
        how=causes_elsewhere.vault_refusing,
        place=Place.VAULT,
        named="cluster faulty: secret creds/faulty",
    ),
    Fault(
        name="vault-throttling",
        title="Two requests are throttled (429)",
        how=causes_elsewhere.vault_throttling,
        place=Place.VAULT,
        still=Still.ALL,
    ),
    Fault(
        name="vault-redirecting",
        title="It redirects to another server",
        how=causes_elsewhere.vault_redirecting,
        place=Place.VAULT,
        still=Still.NOTHING,
        named="cluster faulty: Vault http://127.0.0.1:<port>",
    ),
    *(
        Fault(
            name=name,
            title=title,
            how=causes_elsewhere.file_there,
            place=Place.DISK,
            line=line,
            still=Still.NOTHING,
            named="cannot be written",
        )
        for name, title, line in (
            ("full-plan", "A plan for programs", "qontract-skupper plan -o json > /dev/full"),
            ("full-status", "A table for people", "qontract-skupper status > /dev/full"),
            (
                "full-bundle",
                "A bundle to stdout",
                f"{_BUNDLE} - > /dev/full",
            ),
            (
                "full-file",
                "A bundle to a file that exists: it stays as it was",
                f"ulimit -f 8; {_BUNDLE} <folder>/bundle.json",
            ),
        )
    ),
)

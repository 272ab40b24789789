"""Reads everything that one run needs from app-interface.

At most four queries, all to one bundle: networks, clusters, settings and, to check the declared schemas, integrations.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from reconcile import INTEGRATION
from reconcile.app_interface import definitions
from reconcile.app_interface.asking import CLUSTERS, INTEGRATIONS, SETTINGS, SKUPPER, ask
from reconcile.app_interface.client import Client, Commit
from reconcile.app_interface.definitions import ClusterCredentials, UnknownClusterError
from reconcile.app_interface.errors import BadAnswer, ServerError, UndeclaredSchemas, UnknownIntegration
from reconcile.skupper.definitions import Definitions

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The content of one bundle."""

    definitions: Definitions
    credentials: Mapping[str, ClusterCredentials]
    """Cluster name -> where its tokens are; has every cluster of the data."""
    vault: bool
    """True: secrets are in Vault; False: in the configuration file."""
    sha: str
    """The bundle's sha256; empty if the run is not pinned to one bundle."""
    commit: str
    """Commit of app-interface that the bundle was made from; empty if the server does not say."""
    timestamp: int | None
    """Time of that commit in seconds since the epoch; None if the server does not know."""
    schemas: frozenset[str]
    """``$schema`` of every object that the queries read."""


def fetch(client: Client, *, pin: bool = True, validate: bool = True) -> Fetched:
    """Read the definitions.

    Args:
        client: the client; if it has no sha yet, ``pin`` pins the newest bundle first.
        pin: False asks for whatever is newest at each query.
        validate: require that the integration's datafile declares all schemas that were read.

    Raises:
        ServerError: if any answer is missing, incomplete or contradicts another one.
        UnknownIntegration, UndeclaredSchemas: if ``validate`` finds that we may not read this data.
    """
    if pin and client.sha is None:
        client.pin()
    commit = _commit(client)
    networks = ask(client, SKUPPER)
    clusters = ask(client, CLUSTERS)
    vault = _vault(client)
    if validate:
        require_declared(client)
    try:
        found = definitions.from_answers(networks, clusters)
    except UnknownClusterError as error:
        hint = "retry; without --no-gql-sha-url all queries go to one bundle"
        raise BadAnswer(client.endpoint, f"the data changed between two queries: {error}", hint) from None
    return Fetched(
        definitions=found,
        credentials=definitions.credentials(clusters),
        vault=vault,
        sha=client.sha or "",
        commit=commit.name,
        timestamp=commit.timestamp,
        schemas=client.schemas,
    )


def _commit(client: Client) -> Commit:
    """The commit of the bundle, for the log; a server that does not name it does not end a run."""
    try:
        commit = client.commit()
    except ServerError as error:
        _log.debug("the commit of the bundle is not known: %s", error)
        return Commit("", None)
    _log.debug(
        "bundle %s was made from commit %s", client.sha or "(the newest)", commit.name or "(not named)"
    )
    return commit


def require_declared(client: Client, integration: str = INTEGRATION) -> None:
    """Check that ``integration`` declares every schema that ``client`` has read so far.

    Reviewers of app-interface rely on those declarations to choose which integrations a change concerns.

    Raises:
        UnknownIntegration: if the data has no such integration.
        UndeclaredSchemas: if a schema that was read is not declared.
    """
    answer = ask(client, INTEGRATIONS)
    for known in answer.integrations_v1:
        if known.name == integration:
            undeclared = client.schemas - set(known.schemas)
            if undeclared:
                raise UndeclaredSchemas(integration, known.path, undeclared)
            return
    raise UnknownIntegration(
        f"app-interface has no integration-1 datafile for {integration}: add one "
        "that lists the schemas it reads, or run with --no-validate-schemas"
    )


def _vault(client: Client) -> bool:
    settings = ask(client, SETTINGS).app_interface_settings_v1
    if len(settings) != 1:
        raise BadAnswer(
            client.endpoint,
            f"the data has {len(settings)} files of schema /app-interface/app-interface-settings-1.yml",
            "keep exactly one, where `vault` says where secrets are",
        )
    return settings[0].vault

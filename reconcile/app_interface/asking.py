"""The queries with their models, and how to send one."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from reconcile.app_interface import queries
from reconcile.app_interface.answers.clusters import ClustersAnswer
from reconcile.app_interface.answers.model import AnswerModel
from reconcile.app_interface.answers.settings import IntegrationsAnswer, SettingsAnswer
from reconcile.app_interface.answers.skupper import SkupperAnswer
from reconcile.app_interface.client import Client
from reconcile.app_interface.errors import BadAnswer, PartialAnswer, QueryRefused

Model = TypeVar("Model", bound=AnswerModel)

_log = logging.getLogger(__name__)

_MOST_FAULTS = 5
"""Mismatches of one answer that are quoted; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Query(Generic[Model]):
    """A query file and the model of its answer."""

    name: str
    """Name of the file in ``queries/`` without ``.gql``."""
    model: type[Model]


SKUPPER = Query("skupper", SkupperAnswer)
CLUSTERS = Query("clusters", ClustersAnswer)
SETTINGS = Query("settings", SettingsAnswer)
INTEGRATIONS = Query("integrations", IntegrationsAnswer)
QUERIES: tuple[Query[Any], ...] = (SKUPPER, CLUSTERS, SETTINGS, INTEGRATIONS)


def ask(client: Client, query: Query[Model]) -> Model:
    """Send ``query`` and return its typed answer.

    Raises:
        ServerError: as ``Client.ask``; ``BadAnswer`` also where the data does not fit our schemas.
    """
    data = _data(client, query.name)
    try:
        return query.model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        mismatches = [f"{_place(data, fault['loc'])}: {fault['msg']}" for fault in found[:_MOST_FAULTS]]
        if len(found) > _MOST_FAULTS:
            mismatches.append(f"and {len(found) - _MOST_FAULTS} more")
        raise BadAnswer(
            client.endpoint,
            f"the data does not fit the schemas of this version: {'; '.join(mismatches)}",
            "correct the data or use the version that belongs to it",
        ) from None


def _data(client: Client, name: str) -> dict[str, Any]:
    """Ask once, and again without the optional fields that the server does not know."""
    try:
        return client.ask(queries.text(name))
    except (QueryRefused, PartialAnswer) as error:
        lacking = queries.lacking(name, error.reason)
        if not lacking:
            raise
        _log.debug("%s does not know %s: asked without", client.endpoint, ", ".join(sorted(lacking)))
        return client.ask(queries.text(name, without=lacking))


def _place(data: Any, location: Sequence[int | str]) -> str:
    """Locate a fault: the innermost datafile on its path, and the path inside that."""
    datafile, inside = "", list(location)
    for depth, step in enumerate(location):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(data, dict) and isinstance(data.get("path"), str) and data["path"].endswith(".yml"):
            datafile, inside = data["path"], list(location[depth + 1 :])
    path = ".".join(str(step) for step in inside)
    return f"{datafile} {path}".strip()

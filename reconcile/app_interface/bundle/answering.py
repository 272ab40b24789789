"""A bundle as a run reads it: our queries, answered without a server, as typed answers."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar

from pydantic import ValidationError

from reconcile.app_interface import definitions, queries
from reconcile.app_interface.answers.clusters import ClustersAnswer
from reconcile.app_interface.answers.model import AnswerModel
from reconcile.app_interface.answers.settings import IntegrationsAnswer, SettingsAnswer
from reconcile.app_interface.answers.skupper import SkupperAnswer
from reconcile.app_interface.bundle.graph import execute
from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.definitions import ClusterCredentials
from reconcile.skupper.definitions import Definitions

Model = TypeVar("Model", bound=AnswerModel)


class MisfitError(Exception):
    """A bundle has Skupper networks, but its GraphQL types are not those that our queries ask for."""


class Answers:
    """The answers to our queries over the sound part of a bundle; each raises ``MisfitError`` for other types."""

    def __init__(self, part: Bundle) -> None:
        self._part = part
        self._schemas: set[str] = set()

    @cached_property
    def definitions(self) -> Definitions:
        return definitions.from_answers(self._ask("skupper", SkupperAnswer), self._clusters)

    @cached_property
    def credentials(self) -> dict[str, ClusterCredentials]:
        """Cluster name -> where its tokens are."""
        return definitions.credentials(self._clusters)

    @cached_property
    def schemas(self) -> frozenset[str]:
        """The schemas of all that a run reads."""
        _ = self.definitions
        self._ask("settings", SettingsAnswer)
        self._ask("integrations", IntegrationsAnswer)
        return frozenset(self._schemas)

    @cached_property
    def _clusters(self) -> ClustersAnswer:
        return self._ask("clusters", ClustersAnswer)

    def _ask(self, query: str, model: type[Model]) -> Model:
        answer = execute(self._part, queries.text(query))
        reasons = _reasons(answer)
        lacking = queries.lacking(query, "; ".join(reasons))
        if lacking:
            answer = execute(self._part, queries.text(query, without=lacking))
            reasons = _reasons(answer)
        self._schemas |= set(answer.get("extensions", {}).get("schemas", ()))
        if not reasons:
            try:
                return model.model_validate(answer["data"])
            except ValidationError as error:
                faults = error.errors(include_input=False, include_url=False)
                reasons = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults]
        raise MisfitError(f"our query {query} does not fit: {reasons[0]}; use schemas of the same version")


def _reasons(answer: Mapping[str, Any]) -> list[str]:
    return [error["message"] for error in answer.get("errors", [])]

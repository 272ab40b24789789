"""All findings about a bundle: faults of the data, then the rules of networks over its valid part.

The rules read a bundle through the queries and models that a run uses, answered without a server.
"""

from typing import TypeVar

from pydantic import ValidationError

from reconcile.app_interface import queries
from reconcile.app_interface.answers.clusters import ClustersAnswer
from reconcile.app_interface.answers.model import AnswerModel
from reconcile.app_interface.answers.skupper import SkupperAnswer
from reconcile.app_interface.bundle import rules
from reconcile.app_interface.bundle.building import GRAPHQL_FILE
from reconcile.app_interface.bundle.graph import execute
from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.bundle.validation import ordered, validate
from reconcile.app_interface.definitions import from_answers
from reconcile.engines import check_definitions
from reconcile.findings import Finding
from reconcile.skupper.definitions import Definitions

Model = TypeVar("Model", bound=AnswerModel)


class MisfitError(Exception):
    """A bundle has Skupper networks, but its GraphQL types are not those that our queries ask for."""


def check(bundle: Bundle) -> list[Finding]:
    """List all findings about a bundle, in the order of files and lines."""
    found = validate(bundle)
    # Without valid types there is nothing to query; that they are invalid is among the faults.
    if not any(fault.datafile == GRAPHQL_FILE for fault in found):
        try:
            found += rules.check(bundle, found, read=read, judge=check_definitions)
        except MisfitError as error:
            found.append(Finding("graphql-types", str(error), datafile=GRAPHQL_FILE))
    return ordered(bundle, found)


def read(bundle: Bundle) -> Definitions:
    """Read the definitions of a sound bundle.

    Raises:
        MisfitError: if its types are not those of our schemas.
    """
    return from_answers(
        _answer(bundle, "skupper", SkupperAnswer), _answer(bundle, "clusters", ClustersAnswer)
    )


def _answer(bundle: Bundle, query: str, model: type[Model]) -> Model:
    answer = execute(bundle, queries.text(query))
    reasons = [error["message"] for error in answer.get("errors", [])]
    if not reasons:
        try:
            return model.model_validate(answer["data"])
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False)
            reasons = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults]
    raise MisfitError(f"our query {query} does not fit: {reasons[0]}; use schemas of the same version")

"""The rights that a diagnosis asks for are those of ``deploy/rbac``."""

import pytest

from reconcile.skupper.v1.diagnosis.restrictions import needed_rights
from tests.end_to_end.granting import Right, rights
from tests.skupper.diagnosis.healthy import Diagnosed
from tests.skupper.resolving import resolve


@pytest.mark.parametrize(("file", "bound"), [("site.yaml", False), ("site-bind.yaml", True)])
def test_what_a_run_may_need_is_what_the_file_grants(file: str, bound: bool) -> None:
    site = resolve(Diagnosed().pair.definitions).sites[0]
    needed = {
        Right(verb, resource, group)
        for rule in needed_rights(site, bound=bound)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert needed == {right for right in rights(file) if right.verb != "bind"}

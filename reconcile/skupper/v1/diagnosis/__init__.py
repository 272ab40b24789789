"""The checks of Skupper v1, and what has to be read for them; see ``reconcile.skupper.diagnosis``."""

from reconcile.kinds import EVENT, NETWORK_POLICY, POD, RESOURCE_QUOTA, SERVICE
from reconcile.skupper.diagnosis.checks import Checks
from reconcile.skupper.diagnosis.table import Diagnostics
from reconcile.skupper.v1.diagnosis import endpoints, pods, restrictions, services, sites, tokens

DIAGNOSTICS = Diagnostics(
    kinds=(POD, EVENT, SERVICE, NETWORK_POLICY, RESOURCE_QUOTA),
    before=Checks(
        sites=(
            *restrictions.CHECKS,
            *pods.CHECKS,
            *sites.CHECKS,
            *endpoints.CHECKS,
            *services.CHECKS,
        ),
        links=tokens.TOKENS,
    ),
    after=Checks(links=tokens.REPORTS),
    dialled=tokens.dialled,
)

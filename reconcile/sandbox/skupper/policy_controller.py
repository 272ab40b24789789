"""What a service-controller does about policies (``cmd/service-controller/policy_controller.go``).

A site that may not be dialled loses its listeners, and its router is restarted; a token whose host may not be dialled
is disabled by a label. Both are reverted once they are allowed. The definition of a service that is not allowed is
deleted, and one of a resource that may not be exposed loses that target; nothing here brings these back.
"""

import json

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.openshift.errors import ClusterError
from reconcile.sandbox.skupper import names, tokens, updates
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.policies import Permissions, read_permissions
from reconcile.sandbox.skupper.router_config import RouterConfig
from reconcile.sandbox.skupper.surroundings import Surroundings
from reconcile.sandbox.skupper.timing import Duration

_SHORTEST = 0.2
"""Seconds between two looks, however fast everything else is."""


class PolicyController:
    """Looks at the policies from time to time."""

    def __init__(self, site_id: str, around: Surroundings) -> None:
        self._site_id = site_id
        self._around = around
        self.permissions = Permissions()
        """As they were seen last."""
        self.deadline = 0.0
        """When to look again, in epoch seconds."""

    def run(self) -> None:
        """Look at the policies if that is due, and do what they ask for."""
        now = self._around.clock.now()
        if now < self.deadline:
            return
        self.deadline = max(self._around.after(now, Duration.POLICY), now + _SHORTEST)
        try:
            self.permissions = read_permissions(self._around)
            self._check_listeners()
            self._check_services()
            for token in self._tokens():
                self._check_token(token)
        except (ClusterError, ValueError) as error:
            self._around.say(names.SERVICE_CONTROLLER, f"Error checking policies: {error}")

    def disables(self, token: Json) -> bool:
        """Return whether a token's host may not be dialled."""
        return not self.permissions.outgoing_link(
            tokens.host_of(token, edge=updates.read_config(self._around).edge)
        )

    def _check_listeners(self) -> None:
        allowed = self.permissions.incoming_links

        def listening(config: RouterConfig) -> RouterConfig:
            return config if config.edge else config.with_outer_listeners(present=allowed)

        if updates.edit_config(listening, self._around):
            self._around.say(names.SERVICE_CONTROLLER, f"{'allowing' if allowed else 'blocking'} links")
            updates.restart_router(self._around)

    def _check_services(self) -> None:
        present = self._around.cached(CONFIG_MAP, names.SERVICES)
        if present and self._without_denied(present) != present:
            self._around.edit(CONFIG_MAP, names.SERVICES, self._without_denied)
            self._around.say(names.SERVICE_CONTROLLER, "deleting what policies do not allow")

    def _without_denied(self, services: Json) -> Json:
        """Return ``skupper-services`` with the definitions and the targets that are allowed."""
        data = services.get("data") or {}
        kept = {address: self._bound(text) for address, text in data.items() if self._serves(text)}
        return services if kept == data else {**services, "data": kept}

    def _serves(self, text: str) -> bool:
        return self.permissions.service(json.loads(text).get("address", ""))

    def _bound(self, text: str) -> str:
        definition = json.loads(text)
        targets = definition.get("targets") or []
        kept = [
            target
            for target in targets
            if self.permissions.exposed(self._kind(target), target.get("name", ""))
        ]
        return text if kept == targets else json.dumps({**definition, "targets": kept})

    def _kind(self, target: Json) -> str:
        """Return what a target is, by its selector; StatefulSets are not simulated."""
        if target.get("service"):
            return "service"
        deployment = self._around.cached(DEPLOYMENT, target.get("name", ""))
        labels = deployment["spec"]["selector"].get("matchLabels") or {} if deployment else {}
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        return "deployment" if selector and selector == target.get("selector") else ""

    def _tokens(self) -> list[Json]:
        present = self._around.cache.within(SECRET, self._around.namespace)
        return [secret for secret in present if tokens.is_token(secret, not_by=self._site_id)]

    def _check_token(self, token: Json) -> None:
        disabled = (token["metadata"].get("labels") or {}).get(names.DISABLED) == "true"
        if self.disables(token) != disabled:
            label = {"metadata": {"labels": {names.DISABLED: None if disabled else "true"}}}
            self._around.client.patch(SECRET, token["metadata"]["name"], self._around.namespace, label)

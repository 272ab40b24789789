"""How faults of the GraphQL server, of Vault and of the disk are brought about; `Scenario.recover` ends them."""

import tomllib

from tests.app_interface.vault_server import ROLE_ID, SECRET_ID, Vault, serving_vault
from tests.faults import data
from tests.faults.relay import Meddle, nothing
from tests.faults.scenario import Scenario
from tests.openshift.loopback import Visit, closed_port, sends, serving

_MESSAGE = "Cannot return null for non-nullable field Cluster_v1.name."


def graphql_down(scenario: Scenario) -> None:
    scenario.configure(scenario.relay.address, f"http://127.0.0.1:{closed_port()}/graphql")


def graphql_slow(scenario: Scenario) -> None:
    _meddle(scenario, lambda visit: visit.ended.wait(0.5) and None)


def graphql_failing(scenario: Scenario) -> None:
    _meddle(scenario, lambda visit: visit.answer(503, b"no bundle loaded", "text/plain") or True)


def graphql_errors(scenario: Scenario) -> None:
    def err(visit: Visit) -> bool:
        if visit.method != "POST":
            return False
        visit.answer(200, f'{{"data": null, "errors": [{{"message": "{_MESSAGE}"}}]}}'.encode())
        return True

    _meddle(scenario, err)


def graphql_changing(scenario: Scenario) -> None:
    changed: list[Visit] = []

    def change(visit: Visit) -> None:
        if visit.method == "POST" and not changed:
            changed.append(visit)
            scenario.serve(data.other(scenario.side))

    _meddle(scenario, change)
    scenario.undo.callback(scenario.serve, scenario.side)


def vault_down(scenario: Scenario) -> None:
    _use_vault(scenario, f"http://127.0.0.1:{closed_port()}")


def vault_refusing(scenario: Scenario) -> None:
    vault = _vault(scenario)
    vault.forbidden.add("creds/faulty")
    _use_vault(scenario, scenario.undo.enter_context(serving_vault(vault)).url)


def vault_throttling(scenario: Scenario) -> None:
    vault = _vault(scenario)
    throttled = sends({"errors": ["request path: rate limit quota exceeded"]}, 429, Retry_After="1")
    vault.faults = [throttled, throttled]
    _use_vault(scenario, scenario.undo.enter_context(serving_vault(vault)).url)


def vault_redirecting(scenario: Scenario) -> None:
    away = sends({}, 307, Location="https://vault.example.com/v1/auth/approle/login")
    _use_vault(scenario, scenario.undo.enter_context(serving(away)).url)


def _vault(scenario: Scenario) -> Vault:
    secrets = tomllib.loads(scenario.box.config.read_text())["creds"]
    return Vault(versioned={f"creds/{name}": [values] for name, values in secrets.items()})


def _meddle(scenario: Scenario, meddle: Meddle) -> None:
    scenario.undo.callback(setattr, scenario.relay, "meddle", nothing)
    scenario.relay.meddle = meddle


def _use_vault(scenario: Scenario, server: str) -> None:
    settings = scenario.source / "data" / "app-interface" / "settings.yml"
    before = settings.read_text()
    scenario.undo.callback(scenario.serve, scenario.side)
    scenario.undo.callback(settings.write_text, before)
    settings.write_text(before.replace("vault: false", "vault: true"))
    scenario.serve(scenario.side)
    entry = f'[vault]\nserver = "{server}"\nrole_id = "{ROLE_ID}"\nsecret_id = "{SECRET_ID}"\n'
    scenario.configure("[graphql]", f"{entry}\n[graphql]")


def file_there(scenario: Scenario) -> None:
    """The disk is full by the shell line itself; there is a file that a bundle would replace."""
    file = scenario.source.parent / "bundle.json"
    file.write_text("as before")
    scenario.undo.callback(file.unlink)

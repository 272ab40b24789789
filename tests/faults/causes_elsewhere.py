"""How faults of the GraphQL server, of Vault and of the disk are brought about; `Stage.recover` ends them."""

import tomllib

from tests.app_interface.vault_server import ROLE_ID, SECRET_ID, Vault, serving_vault
from tests.faults import data
from tests.faults.relay import Meddle, relaying
from tests.faults.stage import Stage
from tests.openshift.loopback import Visit, closed_port

_MESSAGE = "Cannot return null for non-nullable field Cluster_v1.name."


def graphql_down(stage: Stage) -> None:
    stage.configure(_address(stage), f"http://127.0.0.1:{closed_port()}/graphql")


def graphql_slow(stage: Stage) -> None:
    _meddle(stage, lambda visit: visit.ended.wait(0.5) and None)


def graphql_failing(stage: Stage) -> None:
    _meddle(stage, lambda visit: visit.answer(503, b"no bundle loaded", "text/plain") or True)


def graphql_errors(stage: Stage) -> None:
    def err(visit: Visit) -> bool:
        if visit.method != "POST":
            return False
        visit.answer(200, f'{{"data": null, "errors": [{{"message": "{_MESSAGE}"}}]}}'.encode())
        return True

    _meddle(stage, err)


def graphql_changing(stage: Stage) -> None:
    changed: list[Visit] = []

    def change(visit: Visit) -> None:
        if visit.method == "POST" and not changed:
            changed.append(visit)
            stage.serve(data.other(stage.side))

    _meddle(stage, change)
    stage.undo.callback(stage.serve, stage.side)


def vault_down(stage: Stage) -> None:
    _use_vault(stage, f"http://127.0.0.1:{closed_port()}")


def vault_refusing(stage: Stage) -> None:
    secrets = tomllib.loads(stage.box.config.read_text())["creds"]
    vault = Vault(versioned={f"creds/{name}": [values] for name, values in secrets.items()})
    vault.forbidden.add("creds/faulty")
    _use_vault(stage, stage.undo.enter_context(serving_vault(vault)).url)


def _address(stage: Stage) -> str:
    assert stage.box.graphql
    return stage.box.graphql.address


def _meddle(stage: Stage, meddle: Meddle) -> None:
    relay = stage.undo.enter_context(relaying(_address(stage), meddle))
    stage.configure(_address(stage), relay)


def _use_vault(stage: Stage, server: str) -> None:
    settings = stage.source / "data" / "app-interface" / "settings.yml"
    before = settings.read_text()
    stage.undo.callback(stage.serve, stage.side)
    stage.undo.callback(settings.write_text, before)
    settings.write_text(before.replace("vault: false", "vault: true"))
    stage.serve(stage.side)
    entry = f'[vault]\nserver = "{server}"\nrole_id = "{ROLE_ID}"\nsecret_id = "{SECRET_ID}"\n'
    stage.configure("[graphql]", f"{entry}\n[graphql]")


def file_there(stage: Stage) -> None:
    """The disk is full by the shell line itself; there is a file that a bundle would replace."""
    file = stage.source.parent / "bundle.json"
    file.write_text("as before")
    stage.undo.callback(file.unlink)

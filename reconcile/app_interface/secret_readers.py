"""Selects the reader of secrets: Vault, or the configuration file."""

from reconcile.app_interface.config import Config
from reconcile.app_interface.errors import ConfigError, ConfigFault
from reconcile.app_interface.secrets import CachingReader, ConfigReader, SecretReader


def reader(config: Config, *, vault: bool) -> SecretReader:
    """Give the reader that app-interface settings ask for (``vault``), with a cache.

    Raises:
        ConfigError: if secrets are in Vault and the configuration has no [vault].
    """
    if not vault:
        return CachingReader(ConfigReader(config))
    if config.vault is None:
        fault = ConfigFault(
            "vault",
            "",
            "is missing, and the app-interface settings say `vault: true`",
            "add the table with server and either role_id and secret_id or kube_auth_role and kube_auth_mount",
        )
        raise ConfigError(config.file, [fault])
    from reconcile.app_interface.vault import VaultReader

    return CachingReader(VaultReader(config.vault, service_account_token=config.service_account_token))

"""Access to clusters: a token from a secret, after checking that it belongs to the server it is sent to.

A secret names the server of its token in ``server``. Data and secret must agree on that address: otherwise a mistake in
either would send the token of one cluster to another.
"""

from pathlib import Path

from reconcile.app_interface.definitions import ClusterCredentials
from reconcile.app_interface.errors import NoCredentials, WrongServer
from reconcile.app_interface.secrets import SecretReader, entry, read
from reconcile.app_interface.urls import same_server, visible
from reconcile.openshift.access import Access
from reconcile.skupper.definitions import Cluster


def access(
    cluster: Cluster,
    credentials: ClusterCredentials,
    reader: SecretReader,
    *,
    admin: bool = False,
    ca_file: Path | None = None,
) -> Access:
    """Return the access to ``cluster``.

    Args:
        cluster: the cluster as the data describes it.
        credentials: where its tokens are.
        reader: reads the secrets.
        admin: use the token of a cluster administrator.
        ca_file: PEM file of authorities to trust besides the system's.

    Raises:
        NoCredentials: if the cluster names no such token or has no address yet.
        WrongServer: if the token belongs to another address.
        SecretError: if the secret cannot be read.
    """
    field = "clusterAdminAutomationToken" if admin else "automationToken"
    if not cluster.server_url:
        raise NoCredentials(
            f"cluster {cluster.name} has no serverUrl yet in {cluster.path}; "
            "set it once the cluster exists, or disable the integration there until then"
        )
    reference = credentials.admin if admin else credentials.automation
    if reference is None:
        raise NoCredentials(
            f"cluster {cluster.name} has neither {field} nor an active one in {field}s in {cluster.path}; add one"
        )
    server = entry(reference, reader.entries(reference), "server").get_secret_value()
    if not same_server(server, cluster.server_url):
        raise WrongServer(
            f"cluster {cluster.name}: the token of {visible(server)} (secret {reference}) is not sent to "
            f"{visible(cluster.server_url)} (serverUrl in {cluster.path}); correct the one that is wrong"
        )
    return Access(
        cluster=cluster.name,
        server=cluster.server_url.strip().rstrip("/"),
        token=read(reader, reference).get_secret_value(),
        ca_file=str(ca_file) if ca_file else None,
        insecure=credentials.insecure,
    )

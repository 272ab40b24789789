"""The certificate authority and the server certificate of a sandbox; the key of the authority is never written."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

from reconcile.sandbox import private_files


@dataclass(frozen=True, slots=True)
class Credentials:
    """Paths of the files for TLS."""

    ca_file: Path
    """The certificate of the authority, PEM: what clients trust."""
    certificate_file: Path
    key_file: Path

    def context(self) -> ssl.SSLContext:
        """The context that servers listen with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context


def issue(folder: Path) -> Credentials:
    """Create an authority and a certificate for ``localhost`` and 127.0.0.1, and write both into a folder."""
    files = Credentials(folder / "ca.crt", folder / "server.crt", folder / "server.key")
    authority = trustme.CA(organization_name="qontract-skupper sandbox")
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(files.ca_file)
    files.certificate_file.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    private_files.write(files.key_file, certificate.private_key_pem.bytes())
    return files

"""The TLS context, and messages for certificates that are not valid.

One context serves all clusters with the same trust: loading the system's authorities takes longer than some requests,
and would otherwise happen once per cluster.
"""

import ssl
import threading
from functools import lru_cache
from pathlib import Path

EXPIRED = "renew it, or correct the clock of this machine"
UNKNOWN_ISSUER = "add the CA that signed it to certificate_authority in [kubernetes] of the configuration"
WRONG_NAME = "set serverUrl to a name that the certificate is valid for"


def context(ca_file: str | None, *, insecure: bool) -> ssl.SSLContext:
    """Trust the system's authorities and those of ``ca_file``; check host names. ``insecure`` checks nothing.

    Raises ``OSError`` (``ssl.SSLError`` among them) when ``ca_file`` cannot be read or holds no certificate.
    """
    if insecure:
        # Nothing is verified, so nothing is loaded; the system's authorities take 40 ms.
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        return made
    version = None
    if ca_file is not None:
        found = Path(ca_file).stat()
        version = (found.st_ino, found.st_mtime_ns, found.st_size)
    with _LOADING:
        return _trusting(ca_file, version)


_LOADING = threading.Lock()


@lru_cache(maxsize=8)
def _trusting(ca_file: str | None, _version: tuple[int, int, int] | None) -> ssl.SSLContext:
    made = ssl.create_default_context()
    # Authorities created by oc and kubeadm may lack extensions that Python 3.13 began to insist on; Go does not.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if ca_file is not None:
        made.load_verify_locations(cafile=ca_file)
    return made


def explain(error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    """OpenSSL's verdict and the next step."""
    verdict = error.verify_message.rstrip(".")
    if "expired" in verdict or "not yet valid" in verdict:
        return verdict, EXPIRED
    if "mismatch" in verdict:
        return verdict, WRONG_NAME
    return verdict, UNKNOWN_ISSUER

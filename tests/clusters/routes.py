"""OpenShift gives a Route its host in the moment of its creation; here an admission webhook does, for all clusters.

The domain is the path of the URL that a cluster calls, so one server in the test process serves every cluster.
"""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reconcile.kinds import ROUTE
from reconcile.sandbox.kubernetes import tls

NAME = "hosts-of-routes"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class RouteHosts:
    """Listens from construction to ``stop``."""

    def __init__(self, files: tls.Credentials) -> None:
        self._authority = base64.b64encode(files.ca_file.read_bytes()).decode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.socket = files.context().wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, name=NAME, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def configuration(self, domain: str) -> dict[str, Any]:
        """What has an API server ask here about Routes."""
        url = f"https://127.0.0.1:{self._server.server_address[1]}/{domain}"
        rule = {
            "apiGroups": [ROUTE.group],
            "apiVersions": [ROUTE.version],
            "resources": [ROUTE.plural],
            "operations": ["CREATE"],
        }
        webhook = {
            "name": f"{NAME}.openshift.io",
            "clientConfig": {"url": url, "caBundle": self._authority},
            "rules": [rule],
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
        }
        return {"metadata": {"name": NAME}, "webhooks": [webhook]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        answer: dict[str, Any] = {"uid": asked["uid"], "allowed": True}
        if not asked["object"].get("spec", {}).get("host"):
            host = f"{asked['name']}-{asked['namespace']}.{self.path.removeprefix('/').partition('?')[0]}"
            patch = json.dumps([{"op": "add", "path": "/spec/host", "value": host}]).encode()
            answer |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch).decode()}
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

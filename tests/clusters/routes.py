"""OpenShift gives a Route its host in the moment of its creation; here an admission webhook does, for all clusters.

The number of the server is the path of the URL that it calls, so one webhook serves every cluster.
"""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reconcile.kinds import ROUTE
from reconcile.openshift import paths
from reconcile.sandbox.kubernetes import tls
from tests.clusters.administration import Administrator

NAME = "hosts-of-routes"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class RouteHosts:
    """Listens from construction to ``stop``."""

    def __init__(self, files: tls.Credentials) -> None:
        self.domains: dict[int, str] = {}
        """Number of a server -> the domain of its Routes."""
        self._authority = base64.b64encode(files.ca_file.read_bytes()).decode()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.domains = self.domains
        self._server.socket = files.context().wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, name=NAME, daemon=True).start()

    def serve(self, number: int, administrator: Administrator) -> None:
        """Give Routes of a server their hosts, from the moment on in which this method returns."""
        status, _ = administrator.ask("POST", CONFIGURATIONS, self._configuration(number))
        assert status in {201, 409}, status  # it may have served Routes before
        probe = {
            "apiVersion": ROUTE.api_version,
            "kind": ROUTE.name,
            "metadata": {"name": "probe"},
            "spec": {},
        }
        path = paths.collection(ROUTE, "default") + "?dryRun=All"
        deadline = time.monotonic() + 30
        while not administrator.must("POST", path, probe)["spec"].get("host"):
            assert time.monotonic() < deadline, "the API server does not ask about Routes"
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _configuration(self, number: int) -> dict[str, Any]:
        url = f"https://127.0.0.1:{self._server.server_address[1]}/{number}"
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    domains: dict[int, str]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        answer: dict[str, Any] = {"uid": asked["uid"], "allowed": True}
        if not asked["object"].get("spec", {}).get("host"):
            domain = self.server.domains[int(self.path.removeprefix("/").partition("?")[0])]
            host = f"{asked['name']}-{asked['namespace']}.{domain}"
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

"""Speaking to an API server and writing down its answers so that two servers can be compared.

What differs from run to run is replaced: uids and resourceVersions by numbers in the order of their appearance in the
scene, times and addresses by their name. Status, reason and fields are compared, and of the sentences only those that
our client depends on.
"""

import contextlib
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from functools import partial
from typing import Any

from tests.sandbox.kubernetes.conversation import Step

_RELIED_ON = (
    "could not find the requested resource",
    "Precondition failed",
    r'conflicts? with "[^"]*"',
    "attempting to grant",
    r"\{APIGroups:.*\}",
    'cannot [a-z]+ resource "[^"]*" in API group "[^"]*"',
    "is forbidden:$",
)
"""Texts by which our client tells one error from another: these are compared, other sentences are not."""
_NAMED = frozenset({"token", "nodePort"})
_TIMES = frozenset(
    {"creationTimestamp", "deletionTimestamp", "expirationTimestamp", "time", "lastTransitionTime"}
)


class Speaker:
    """A client that sends exactly what it is given."""

    def __init__(self, url: str, token: str, ca_file: str | None) -> None:
        self._url = url
        self._token = token
        self._context = ssl.create_default_context(cafile=ca_file)
        if ca_file is None:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE

    def say(self, step: Step, token: str = "") -> tuple[int, Any]:
        """Status and body of the answer to a step, said by the administrator or by whom the token belongs to."""
        data = None
        if step.body is not None:
            data = (step.body if isinstance(step.body, str) else json.dumps(step.body)).encode()
        headers = {
            "Authorization": f"Bearer {token or self._token}",
            "User-Agent": "speaker/1",
            "Content-Type": step.content_type,
        }
        request = urllib.request.Request(
            self._url + step.path, data, {**headers, **step.headers}, method=step.method
        )
        try:
            with urllib.request.urlopen(request, context=self._context) as response:
                return response.status, _read(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error.read())


def _read(raw: bytes) -> Any:
    """JSON, one event a line, or else text."""
    for parse in (json.loads, lambda text: [json.loads(line) for line in text.splitlines()]):
        with contextlib.suppress(ValueError):
            return parse(raw)
    return raw.decode()


def hold(speaker: Speaker, steps: Iterable[Step], namespace: str, *, settling: float = 0) -> dict[str, Any]:
    """Hold the conversation of a scene; returns the answers by step, made comparable.

    A kube-apiserver knows of new rights only a moment later, `settling` seconds.
    """
    notes = _Notes(namespace)
    speaker.say(Step("namespace", "POST", "/api/v1/namespaces", {"metadata": {"name": namespace}}))
    answers = {}
    for step in steps:
        if step.by:
            time.sleep(settling)
        if step.on_the_second:
            time.sleep(1 - time.time() % 1)
        code, body = speaker.say(notes.filled(step), notes.token(step))
        notes.remember(step, body)
        answers[step.name] = {"code": code, "body": notes.comparable(body)}
    return answers


class _Notes:
    """What was answered so far in a scene."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._uids: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._by_step: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, str] = {}

    def remember(self, step: Step, body: Any) -> None:
        metadata = body.get("metadata", {}) if isinstance(body, dict) else {}
        self._by_step[step.name] = {"uid": metadata.get("uid", ""), "rv": metadata.get("resourceVersion", "")}

        if isinstance(body, dict) and body.get("kind") == "TokenRequest":
            self._tokens[step.name] = body["status"]["token"]

    def token(self, step: Step) -> str:
        return self._tokens[step.by] if step.by else ""

    def filled(self, step: Step) -> Step:
        text = json.dumps([step.path, step.body])
        text = re.sub(r"\{(uid|rv):([^}]*)\}", lambda match: self._by_step[match[2]][match[1]], text)
        path, body = json.loads(text.replace("{ns}", self._namespace))
        return Step(step.name, step.method, path, body, step.content_type, step.headers, step.by)

    def comparable(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return self._comparable_map(value)
        if key == "clusterIPs" and value != ["None"]:
            return ["<clusterIP>"]
        if isinstance(value, list):
            items = [self.comparable(item) for item in value]
            return (
                sorted(items, key=partial(json.dumps, sort_keys=True))
                if key == "managedFields" or key == "causes"
                else items
            )
        return self._comparable_value(value, key)

    def _comparable_value(self, value: Any, key: str) -> Any:
        if key == "uid" and value:
            return self._uids.setdefault(value, f"<uid {len(self._uids)}>")
        if key == "resourceVersion" and value:
            return self._versions.setdefault(value, f"<version {len(self._versions)}>")
        if key in _TIMES and value:
            return "<time>"
        if key in _NAMED or (key == "clusterIP" and value not in {"", "None"}):
            return f"<{key}>"
        if key == "message":
            return self._relied_on(value)
        return self._text(value) if isinstance(value, str) else value

    def _comparable_map(self, value: dict[str, Any]) -> dict[str, Any]:
        kept = {key: item for key, item in value.items() if key != "details" or item}
        if str(value.get("kind", "")).endswith("List") and "metadata" in kept:
            kept["metadata"] = {**kept["metadata"], "resourceVersion": "", "continue": ""}
        if value.get("kind") == "TokenRequest":
            kept = {"kind": "TokenRequest", "token": "token" in value.get("status", {})}
        if value.get("kind") == "SelfSubjectRulesReview" and "status" in value:
            # Roles are looked up in any order, and rights on other URLs than resources do not concern us.
            rules = sorted(value["status"]["resourceRules"], key=partial(json.dumps, sort_keys=True))
            kept = {"kind": value["kind"], "rules": rules}
        return {key: self.comparable(item, key) for key, item in kept.items()}

    def _relied_on(self, message: str) -> str:
        """The parts of a message that our client depends on; other words are the API server's own."""
        found = [match for text in _RELIED_ON for match in re.findall(text, message)]
        return self._text(" ... ".join(found)) or "<text>"

    def _text(self, text: str) -> str:
        text = text.replace(self._namespace, "<namespace>")
        for uid, name in self._uids.items():
            text = text.replace(uid, name)
        return re.sub(r"gen-[a-z0-9]{5}$", "gen-<random>", text)

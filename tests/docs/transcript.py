"""The transcript in ``docs/demo.md``: the demo's real output, cut to one network. ``python -m tests.docs.transcript``.

Lines are left out, never changed; ``…`` stands where some were.
"""

import re
import subprocess
import sys

from tests.docs.pages import DEMO, ROOT

_PLACE = re.compile(r"(?<=<!-- transcript -->\n```\n).*?(?=```\n<!-- /transcript -->)", re.DOTALL)
_OTHER_NETWORK = re.compile(
    r"^(?:cluster-wide|network (?!vault)).*?(?=^network |^Plan: |^All )", re.DOTALL | re.MULTILINE
)
_ENTRY = re.compile(r"^(?:  [ .][-+~] .*\n(?:       .*\n)*|.*\[INFO\].*\n)", re.MULTILINE)
"""A change as the plan shows it with its objects, or a line of the log."""
_OF_INTEREST = re.compile(
    r"   \+ app-sre-stage-01/skupper-vault-net"
    r"|.*'apply'.* 'app-sre-stage-02', 'skupper-vault-net', 'ConfigMap'"
    r"|(?s:.*)link-app-sre-stage-02-skupper-vault-net"
)


def cut(output: str) -> str:
    """What the page shows of the demo's output."""
    text = output[output.index("== ") :]
    text = _OTHER_NETWORK.sub("…\n", text)
    text = _ENTRY.sub(lambda entry: entry[0] if _OF_INTEREST.match(entry[0]) else "…\n", text)
    text = re.sub(r"[ ]+$", "", text, flags=re.MULTILINE)
    text = re.sub(r"(?:…\n)+", "…\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def written() -> str:
    """The transcript as it stands on the page."""
    match = _PLACE.search(DEMO.text)
    assert match, "docs/demo.md has no place for the transcript"
    return match[0]


def main() -> None:
    """Run the demo and put what is to be shown of it on the page."""
    demo = [sys.executable, "-m", "reconcile.sandbox.demo"]
    output = subprocess.run(demo, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    DEMO.path.write_text(_PLACE.sub(lambda _: cut(output), DEMO.text), encoding="utf-8")


if __name__ == "__main__":
    main()

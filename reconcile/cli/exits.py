"""Exit codes and their meaning, for the end of each command's help."""

from collections.abc import Mapping

_ALWAYS = {2: "the command line is wrong"}

SESSION = {
    4: "app-interface has no integration-1 datafile for this integration",
    5: "schemas were read that the integration's datafile does not declare",
    130: "stopped by Ctrl-C",
    143: "stopped by SIGTERM",
}
"""Codes of the commands that read app-interface and clusters; 4 and 5 as integrations of app-interface share them."""


def exit_codes(*own: Mapping[int, str]) -> str:
    """The epilog of a command: its own codes and those that every command has."""
    meanings: dict[int, str] = dict(_ALWAYS)
    for part in own:
        meanings |= part
    lines = [f"  {code:<4} {meaning}" for code, meaning in sorted(meanings.items())]
    return "\n".join(["\b", "Exit codes:", *lines])

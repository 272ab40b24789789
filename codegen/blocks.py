"""Blocks of generated lines in files that are otherwise written by hand."""

import re
import textwrap
from collections.abc import Mapping


def fill(text: str, blocks: Mapping[str, str]) -> str:
    """Replace the lines between BEGIN GENERATED and END GENERATED of each block; they get the indentation of BEGIN.

    Args:
        text: the file.
        blocks: name of a block -> its lines.

    Raises:
        ValueError: if the file has not exactly one block of that name.
    """
    for name, lines in blocks.items():
        marked = re.compile(
            rf"^(?P<indent> *)# BEGIN GENERATED {re.escape(name)}\b.*\n(?P<old>(?:.*\n)*?)"
            rf" *# END GENERATED {re.escape(name)}$",
            re.MULTILINE,
        )
        found = list(marked.finditer(text))
        if len(found) != 1:
            raise ValueError(f"{len(found)} blocks BEGIN GENERATED {name} … END GENERATED {name}, expected 1")
        new = textwrap.indent(lines, found[0]["indent"])
        text = text[: found[0].start("old")] + new + text[found[0].end("old") :]
    return text

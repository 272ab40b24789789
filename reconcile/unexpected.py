"""Errors that no layer expected, as text: their class and where they were raised, never their own words.

Exceptions of libraries quote what they were working on: whole headers, URLs with their user information, parts of an
answer. Names of classes, modules and functions are safe, and so is what the operating system says for an error number.
"""

import os
from types import FrameType, TracebackType

_PACKAGE = "reconcile."
_MOST_CAUSES = 5
_NO_THREAD = [("can't start new thread",), ("unable to start watchdog thread",)]
_MEMORY = "allow the process more memory (memory limit of the container, `ulimit -v`)"
_THREADS = (
    "allow the process more threads (`ulimit -u`, pids limit of the container) or memory (`ulimit -v`), or lower "
    "--thread-pool-size"
)


def describe(error: BaseException) -> str:
    """What an error is and where it was raised; if the machine is exhausted, with the next step."""
    where = _places(error.__traceback__)
    if isinstance(error, MemoryError):
        return f"out of memory{where}; {_MEMORY}"
    if isinstance(error, RecursionError):
        return f"the data is nested too deeply{where}"
    if isinstance(error, RuntimeError) and error.args in _NO_THREAD:
        return f"no more threads can be started{where}; {_THREADS}"
    reason = ""
    if isinstance(error, OSError) and isinstance(error.errno, int):
        reason = f" ({os.strerror(error.errno).lower()})"
    return f"unexpected {_name(error)}{reason}{where}"


def stack(error: BaseException) -> list[str]:
    """The stacks of an error and its causes, innermost frame last: modules, lines and functions."""
    lines: list[str] = []
    seen: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if seen is None:
            break
        lines.append(f"  {_name(seen)}, raised at:")
        lines += [f"    {found}" for found in _frames(seen.__traceback__)]
        seen = seen.__cause__ or seen.__context__
    return lines


def place(frame: FrameType, line: int | None = None) -> str:
    """``reconcile.cli.run:61 (command)``."""
    module = frame.f_globals.get("__name__", "?")
    return f"{module}:{line or frame.f_lineno} ({frame.f_code.co_name})"


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _places(trace: TracebackType | None) -> str:
    """Where an error was raised, and where we called what raised it."""
    frames = _frames(trace)
    if not frames:
        return ""
    ours = [frame for frame in frames if frame.startswith(_PACKAGE)]
    called = f", called from {ours[-1]}" if ours and ours[-1] != frames[-1] else ""
    return f" in {frames[-1]}{called}"


def _frames(trace: TracebackType | None) -> list[str]:
    found = []
    while trace is not None:
        found.append(place(trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return found

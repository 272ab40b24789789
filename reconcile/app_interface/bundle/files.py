"""The files below a directory of data, resources or schemas, none of them passed over in silence.

What is left out without a word looks as if it had been deleted, and a run would then remove its sites. So whatever
is neither read nor obviously meant for something else has a reason why.

A checkout may come from somebody who may not see the machine that reads it: a link out of the directory would put a
file of that machine into the bundle, so it is refused.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconcile.findings import Severity

DATAFILES = frozenset({".yml", ".yaml", ".json"})

MAX_SIZE = 10 << 20
"""Bytes of one file; the API server would not take a resource a tenth as large."""

_BACKUPS = ("~", ".orig", ".bak", ".rej", ".swp", ".tmp", ".pyc")
_DOCUMENTS = frozenset({".md", ".rst", ".txt", ".adoc"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, or something that is not read."""

    path: str
    """Path below the directory, starting with a slash: the path in the bundle."""
    file: Path
    rule: str = ""
    """Why it is not read, as the rule of a finding; empty for a file to read."""
    message: str = ""
    severity: Severity = Severity.ERROR


class _NotReadError(Exception):
    """Something that is not read: the rule and the message of its finding."""

    def __init__(self, rule: str, message: str, severity: Severity = Severity.ERROR) -> None:
        super().__init__(message)
        self.rule = rule
        self.severity = severity


def files(root: Path, *, suffixes: frozenset[str] | None = None) -> Iterator[Entry]:
    """List the files below ``root`` in the order of their paths, and whatever else is there with the reason.

    Args:
        root: a directory. It may be a link, but not out of the directory that it lies in.
        suffixes: read only files with one of these; None: files of any kind.
    """
    walk = _Walk(root, suffixes)
    return iter(sorted(walk.entries(), key=lambda entry: entry.path.split("/")))


def confined(file: Path, root: Path) -> Entry:
    """The entry of one file that must lie below ``root`` once links are followed."""
    path = f"/{file.relative_to(root).as_posix()}"
    try:
        _inside(file, root)
    except _NotReadError as reason:
        return Entry(path, file, reason.rule, str(reason))
    return _Walk(root, None).entry(path, file)


def read(file: Path) -> bytes:
    """Read a regular file of at most ``MAX_SIZE`` bytes; raises ``OSError``."""
    # A file that became a FIFO meanwhile is not waited for, and one that grows is not followed.
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
        return opened.read(MAX_SIZE)


class _Walk:
    def __init__(self, root: Path, suffixes: frozenset[str] | None) -> None:
        self._root = root
        self._suffixes = suffixes

    def entries(self) -> Iterator[Entry]:
        directories = [("", self._root)]
        if self._root.is_symlink():
            try:
                _inside(self._root, self._root.parent)
            except _NotReadError as reason:
                yield Entry("/", self._root, reason.rule, str(reason))
                return
        while directories:
            path, directory = directories.pop()
            try:
                with os.scandir(directory) as found:
                    names = [(each.name, _is_directory(each)) for each in found]
            except OSError as error:
                message = f"this directory cannot be read: {_reason(error)}; correct its permissions"
                yield Entry(path or "/", directory, "unreadable", message)
                continue
            for name, is_directory in names:
                if name == ".git":
                    continue
                if is_directory and not name.startswith("."):
                    directories.append((f"{path}/{name}", directory / name))
                else:
                    yield from self._wanted(f"{path}/{name}", directory / name, is_directory)

    def _wanted(self, path: str, file: Path, is_directory: bool) -> Iterator[Entry]:
        """The entry of a name, unless it is obviously not meant for us."""
        hidden = file.name.startswith(".")
        if not hidden and file.is_symlink() and not os.path.isfile(file):  # noqa: PTH113 never raises
            yield self.entry(path, file)  # of any name: it may stand for a directory
            return
        try:
            self._check_name(file.name, is_directory)
        except _NotReadError as reason:
            yield Entry(path, file, reason.rule, str(reason), reason.severity)
            return
        if not hidden and (self._suffixes is None or file.suffix in self._suffixes):
            yield self.entry(path, file)

    def _check_name(self, name: str, is_directory: bool) -> None:
        if name.lower().endswith(_BACKUPS):
            return
        suffix = Path(name).suffix
        of_data = suffix.strip().lower() in DATAFILES
        if name.startswith("."):
            if is_directory or of_data:
                message = "is not read, since its name starts with a dot; rename it, or move it elsewhere"
                raise _NotReadError("hidden", message, Severity.WARNING)
        elif self._suffixes is not None and suffix not in self._suffixes:
            if of_data:
                message = (
                    f"is not read, since its name ends in {suffix!r}; rename it so that it ends in "
                    f"{suffix.strip().lower()}"
                )
                raise _NotReadError("suffix", message)
            if not _is_document(name):
                message = "is not read, since only .yml, .yaml and .json are; rename it, or move it elsewhere"
                raise _NotReadError("suffix", message, Severity.WARNING)

    def entry(self, path: str, file: Path) -> Entry:
        """The entry of a file that should be read."""
        try:
            self._check(path, file)
        except _NotReadError as reason:
            return Entry(path, file, reason.rule, str(reason))
        except OSError as error:
            message = f"cannot be read: {_reason(error)}"
            return Entry(path, file, "unreadable", message)
        return Entry(path, file)

    def _check(self, path: str, file: Path) -> None:
        try:
            path.encode()
        except UnicodeEncodeError:  # Python keeps such bytes as surrogates
            raise _NotReadError("file-name", "the name is not UTF-8; rename it") from None
        if file.is_symlink():
            _inside(file, self._root)
        found = file.stat()
        if stat.S_ISDIR(found.st_mode):
            target = file.readlink() if file.is_symlink() else file
            message = (
                f"is a link to the directory {target}, which is not followed; put copies of its files here"
            )
            raise _NotReadError("linked-directory", message)
        if not stat.S_ISREG(found.st_mode):
            raise _NotReadError("not-a-file", f"is {_kind(found.st_mode)} and not a file; remove it")
        if found.st_size > MAX_SIZE:
            message = f"has {found.st_size} bytes, more than the {MAX_SIZE} that a file may have; split it"
            raise _NotReadError("too-large", message)


def _is_document(name: str) -> bool:
    """True for what people keep beside data: notes, and names such as README, OWNERS or Makefile."""
    stem, suffix = Path(name).stem, Path(name).suffix
    if not suffix:
        return name[0].isupper()
    return suffix.lower() in _DOCUMENTS and Path(stem).suffix.lower() not in DATAFILES


def _inside(link: Path, root: Path) -> None:
    """Refuse a link that leads nowhere, or out of ``root``."""
    target = link.readlink() if link.is_symlink() else link.resolve()
    try:
        real = link.resolve(strict=True)
    except FileNotFoundError:
        message = f"is a link to {target}, which does not exist; correct or remove the link"
        raise _NotReadError("broken-link", message) from None
    except (OSError, RuntimeError) as error:  # before Python 3.13 a loop is a RuntimeError
        reason = _reason(error) if isinstance(error, OSError) else "it leads back to itself"
        message = f"is a link to {target}, which cannot be followed ({reason}); correct or remove the link"
        raise _NotReadError("broken-link", message) from None
    try:
        below = real.relative_to(root.resolve())
    except ValueError:
        below = None
    if below is None or ".git" in below.parts:
        message = f"is a link to {target}, outside of the data; put a copy here instead"
        raise _NotReadError("link-outside", message)


def _is_directory(found: os.DirEntry[str]) -> bool:
    try:
        return found.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__

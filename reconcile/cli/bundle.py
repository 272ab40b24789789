"""``qontract-skupper bundle``: check app-interface data and build a bundle from it."""

import subprocess  # nosec B404 # for git alone
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconcile import package_data
from reconcile.cli.exits import Failed, exit_codes, handle_errors
from reconcile.findings import Severity

if TYPE_CHECKING:
    from reconcile.app_interface.bundle.model import Bundle


_EXITS = {
    0: "no faults, and the bundle is written if that was asked for",
    1: "faults, or files cannot be used",
}


@click.command(epilog=exit_codes(_EXITS))
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--schemas",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory with the layout of qontract-schemas.  [default: `schemas` in SOURCE or above, else built-in]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path),
    help="Write the bundle to this file (`-`: stdout). Without it the data is only checked.",
)
@click.option("--git-commit", help="Commit of the data.  [default: from git]")
@click.option("--git-commit-timestamp", help="Its time in seconds since the epoch.  [default: from git]")
@click.option("--all", "every", is_flag=True, help="Print all faults and warnings, not only the first 100.")
@handle_errors
def command(
    source: Path,
    schemas: Path | None,
    output: Path | None,
    git_commit: str | None,
    git_commit_timestamp: str | None,
    every: bool,
) -> None:
    """Check app-interface data and build a bundle from it.

    SOURCE is a directory with `data` and `resources`, or a bundle file. All faults are reported at once, with file,
    line and rule; if there is one, nothing is written and the exit code is 1. Links that leave `data` or `resources`
    are refused. qontract-server loads the bundle unchanged.

    \b
    Examples:
      qontract-skupper bundle fixtures/app-interface
      qontract-skupper bundle fixtures/app-interface -o bundle.json
      qontract-skupper bundle bundle.json
    """
    from reconcile.app_interface.bundle import checking, model
    from reconcile.report import findings
    from reconcile.report.wording import counted

    commit, timestamp = _commit(source)
    bundle = _bundle(source, schemas, git_commit or commit, git_commit_timestamp or timestamp)
    found = checking.check(bundle, datetime.now(UTC))
    printed = findings.shown(found, None if every else findings.SHOWN)
    for finding in printed:
        click.echo(findings.line(finding, partial(model.locate, bundle)), err=True)
    if len(printed) < len(found):
        left = counted(len(found) - len(printed), "more finding")
        click.echo(f"{left} not shown; to print all, add --all", err=True)
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    if errors:
        not_written = "" if output is None else f"; {output} is not written"
        raise Failed(f"{counted(errors, 'fault')} in {source}{not_written}")
    if output is not None:
        _write(bundle.text, output)
    read = f"{counted(len(bundle.data), 'datafile')}, {counted(len(bundle.resources), 'resource')}"
    # The result is the bundle if one is written, else this line.
    click.echo(f"{read}: no faults", err=output is not None)


def _bundle(source: Path, schemas: Path | None, commit: str, timestamp: str) -> "Bundle":
    from reconcile.app_interface.bundle import building, loading

    try:
        if source.is_dir():
            folder = schemas or schemas_near(source)
            return building.build(source / "data", source / "resources", folder, commit, timestamp)
        return loading.read(source)
    except building.SourceMissingError as error:
        raise Failed(f"{error}; SOURCE is a directory with data and resources, or a bundle") from error
    except loading.NotABundleError as error:
        raise Failed(f"{source}: {error}") from error


def _write(text: str, output: Path) -> None:
    """Write atomically: readers never see half a bundle, and a failure leaves the old file in place."""
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    try:
        if output.exists() and not output.is_file():
            # A pipe or a device cannot be replaced.
            output.write_text(text, encoding="utf-8")
            return
        target = output.resolve()
        draft = target.with_name(f".{target.name}.draft")
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        except OSError:
            with suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        raise Failed(f"{output}: cannot be written: {error.strerror}; nothing was changed there") from error


def schemas_near(source: Path) -> Path:
    """Find the schemas for data: ``schemas`` in its directory or in one above it, else the built-in ones."""
    for folder in (source, *source.resolve().parents):
        found = folder / "schemas"
        if (found / "graphql-schemas" / "schema.yml").is_file():
            return found
    return package_data.schemas()


def _commit(source: Path) -> tuple[str, str]:
    """Commit and time of the checkout; without git, an empty commit and the current time."""
    try:
        shown = subprocess.run(  # noqa: S603 # nosec # fixed words, and the git of the user
            ["git", "-C", str(source if source.is_dir() else source.parent), "log", "-1", "--format=%H %ct"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.split()
        return shown[0], shown[1]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "", str(int(time.time()))

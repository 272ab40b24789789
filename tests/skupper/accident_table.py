"""The table of accidents in ``docs/removal.md``, made by playing them: ``python -m tests.skupper.accident_table``."""

from pathlib import Path

from tests.skupper.accidents import A_DAY, ACCIDENTS, EVERYWHERE, MADE, Accident, Toll, play, some_hours

FILE = Path(__file__).parents[2] / "docs" / "removal.md"
BEGIN = "<!-- Written by `make docs` from tests/skupper/accidents.py. Change the list there, not this table. -->\n"
END = "<!-- End of the table. -->\n"


def table(*, whole_day: bool) -> str:
    """The table; not `whole_day`: from so many runs only that a day of them shows nothing else."""
    rows = [
        "| Accident | One run removes | A day of runs removes | Errors, with exit code 1 |",
        "| --- | --- | --- | --- |",
        *(_row(accident, A_DAY if whole_day else some_hours(accident)) for accident in ACCIDENTS),
    ]
    return "\n".join(rows) + "\n"


def replaced(text: str, written: str) -> str:
    """A page with another table."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + "\n" + written + "\n" + END + rest.partition(END)[2]


def _row(accident: Accident, runs: int) -> str:
    played = play(accident, runs)
    first = _toll(played.one_run)
    if played.marked and played.a_day.sites:
        first += f"; marks {len(played.marked)}"
    rules = ", ".join(f"`{rule}`" for rule in sorted(played.rules)) or "none"
    return f"| {accident.name} | {first} | {_toll(played.a_day)} | {rules} |"


def _toll(toll: Toll) -> str:
    if not toll.sites:
        return f"{len(toll.links)} links" if toll.links else "nothing"
    lost = {network: toll.of(sites) for network, sites in MADE.items()}
    where = ", ".join(f"{count} of {len(MADE[name])} in `{name}`" for name, count in lost.items() if count)
    return f"{len(toll.sites)} of {len(EVERYWHERE)} sites: {where}"


if __name__ == "__main__":
    FILE.write_text(replaced(FILE.read_text(encoding="utf-8"), table(whole_day=True)), encoding="utf-8")

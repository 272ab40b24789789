"""Coverage-guided fuzzing: ``python -m tests.fuzz TARGET --seconds 60``; needs the extra ``fuzz`` (atheris).

A failing input is written to the current folder and printed; put it into ``tests/fuzz/corpus/TARGET`` when it is
mended, where an ordinary test replays it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"


def main() -> None:
    with atheris.instrument_imports(include=["reconcile"]):
        from tests.fuzz.targets import TARGETS
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("target", choices=sorted(TARGETS))
    options.add_argument("--seconds", type=int, default=60)
    asked = options.parse_args()
    seeds = CORPUS / asked.target
    with tempfile.TemporaryDirectory() as grown:
        # What the fuzzer finds interesting goes to the first folder; the committed seeds are only read.
        folders = [grown, *([str(seeds)] if seeds.is_dir() else [])]
        flags = [
            f"-max_total_time={asked.seconds}",
            "-print_final_stats=1",
            "-timeout=20",
            "-rss_limit_mb=2048",
        ]
        atheris.Setup([sys.argv[0], *flags, *folders], TARGETS[asked.target])
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""All real clips and altered copies of them, as a user would run them: nothing given but the video.

    python -m benchmarks.footage --data ../shared/data
    python -m benchmarks.footage --clips spurs_thunder --edits ticker wipe --release docs/benchmarks/footage.json

Copies, runs and rows are kept in --out: a row of the same code, weights and benchmark is not measured again, a run of other
code reuses the stages that did not change. The table is printed row by row, and written to footage.md and footage.json
there. The original of each chosen clip is always measured, since its copies are compared with it on the people and frames
that they show. Columns: shares in percent; `court` of the analysed frames; `numbers right` of those given; `time` that the
run counts for all players over the true one; `processor s` of a run from the start.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.footage.clips import FILES, read_clips
from benchmarks.footage.edits import EDITS
from benchmarks.footage.measure import ORIGINAL, Row, measure, state_of_code
from benchmarks.footage.table import FILE, markdown, read_rows, write_rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds videos/ and truth/")
    parser.add_argument("--clips", nargs="+", choices=FILES, default=list(FILES))
    parser.add_argument("--edits", nargs="*", choices=EDITS, default=list(EDITS), metavar="EDIT", help=" ".join(EDITS))
    parser.add_argument("--out", type=Path, default=Path("reports/footage"))
    parser.add_argument("--release", type=Path, help="rows of an earlier release, or the folder that holds them")
    parser.add_argument("--list", action="store_true", help="say what each edit is, and what is right for it")
    given = parser.parse_args(arguments)
    if given.list:
        print("\n".join(f"{name}: {edit.right}" for name, edit in EDITS.items()))
        return
    earlier = None if given.release is None else read_rows(given.release)
    code, rows = state_of_code(), list[Row]()
    others = {clip.name: clip for clip in read_clips(given.data, list(FILES))}
    names = list(FILES)
    print("\n".join(markdown([], earlier).splitlines()), flush=True)
    for clip in read_clips(given.data, given.clips):
        second = others[names[(names.index(clip.name) + 1) % len(names)]]
        for edit in (ORIGINAL, *given.edits):
            rows.append(measure(clip, edit, second, given.out, code))
            print(markdown(rows[-1:], earlier).splitlines()[-1], flush=True)
            write_rows(given.out / FILE, rows)
    (given.out / "footage.md").write_text(markdown(rows, earlier) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

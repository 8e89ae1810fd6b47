"""What a run leaves on the disk: one directory per game, whole at every moment.

    reports/game/                     files for people: player_stats.csv, report.html, ..., listed in work/published.json
    reports/game/work/                ours alone: tables NAME.parquet, arrays NAME.npy, STAGE.manifest.json
    reports/game/work/STAGE/chunk_00012/   a part of a stage: its tables and arrays, and done.json, written last

Stages::

    with RunDirectory.opened(out, fresh=False) as run:            # made, marked as ours, locked; OutputError in one line
        mark = fingerprint("track", settings.track, earlier_mark)
        if not run.is_fresh("track", mark):                       # also False if a file is damaged or missing
            run.forget("track")
            outputs = [run.write_table("tracks", table)]          # schema-checked, atomic, same rows = same bytes
            run.finish("track", mark, outputs, inputs={...}, settings={...}, seconds=1.5)
        table = run.read_table("tracks")                          # TableError if missing, damaged or not as it should be

Parts, for a stage that takes long::

    parts = [run.part("perceive", chunk.number, fingerprint(mark, chunk)) for chunk in pieces]
    for part in parts:
        if not part.is_done():
            with part.writing():                                  # empties it; marks it done when the block ends well
                part.write_table("frames", frames)                # frame, detection_id from 0 in every part
                part.write_table("detections", detections)
                part.write_array("embeddings", embeddings)
                part.write_json("report", asdict(report))
    outputs = [
        run.assemble_table("frames", parts, [{"frame": n, "shot": s} for n, s in ...]),    # adds offsets
        run.assemble_table("detections", parts, [{"frame": n, "detection_id": d} for n, d in ...]),
        run.assemble_array("embeddings", parts),                  # never twice in memory
    ]
    run.finish("perceive", mark, outputs)
    run.discard_parts("perceive")                                 # if wanted

Files for people are made in a folder of `work/` and take their places together; a record knows which are ours::

    with run.published.publishing("present", whole=True) as folder:
        write_pictures(folder)
    run.published.are_whole(["player_stats.csv"])                # False if a person changed it

They go where somebody wants them, and never over what is not ours::

    with delivery(run, "clips", out) as place, place.writing(["a12.mp4"]) as folder:
        write_clip(folder / "a12.mp4")

`replacing(path)` gives any other writer (pictures, HTML, CSV) the same atomic behaviour and error line.
"""

from pipeline.store.delivery import delivery
from pipeline.store.files import (
    is_plain_file,
    json_bytes,
    make_directory,
    output_error,
    read_json,
    remove_tree,
    replacing,
    tidy,
    write_bytes,
    write_json,
)
from pipeline.store.fingerprint import fingerprint, hash_file
from pipeline.store.folder import Folder, read_array, read_table, write_arrays, write_table
from pipeline.store.locking import locked
from pipeline.store.published import PublishedFiles
from pipeline.store.run_directory import Manifest, Part, RunDirectory
from pipeline.store.sealing import is_sealed, seal

__all__ = [
    "Folder",
    "Manifest",
    "Part",
    "PublishedFiles",
    "RunDirectory",
    "delivery",
    "fingerprint",
    "hash_file",
    "is_plain_file",
    "is_sealed",
    "json_bytes",
    "locked",
    "make_directory",
    "output_error",
    "read_array",
    "read_json",
    "read_table",
    "remove_tree",
    "replacing",
    "seal",
    "tidy",
    "write_arrays",
    "write_bytes",
    "write_json",
    "write_table",
]

"""Video in, video out: true timestamps, constant memory.

Reading::

    info = probe(path)                                            # InputError in one line for every bad file
    pieces = chunks(info, start_s, end_s, chunk_s=20.0, max_fps=30.0)     # InputError for a wrong interval
    for chunk in pieces:
        report = ReadReport()
        for frame in read_chunk(info, chunk, report, context=True):
            if frame.index == CONTEXT_INDEX:                      # last analysed frame before the chunk, for motion
                ...
            else:                                                 # frame.index, frame.time_s, frame.image
                ...
        if report.end_of_file:
            break                                                 # a file that ends early: later chunks are empty

A chunk is opened and sought anew, so its frames depend on nothing but the video and the chunk. `frame.index` counts
decoded source frames from 0 within the chunk; the number in the whole run is the sum of `report.decoded` of the
chunks before, plus `index`. `read_chunks(info, pieces)` does that sum and gives the same frames under the same
numbers in one go, for drawing on them.

Writing::

    with VideoWriter(path, width_px, height_px, fps, sound_from=info, start_s=start_s) as writer:
        writer.write(image_bgr, frame.time_s)                     # OutputError: no space, no permission
"""

from pipeline.video.ahead import ahead
from pipeline.video.read import CONTEXT_INDEX, Frame, ReadReport, combine, glances, picture_at, read_chunk, read_chunks
from pipeline.video.sampling import Chunk, Grid, chunks, sampling_grid
from pipeline.video.source import VideoInfo, probe
from pipeline.video.write import VideoWriter

__all__ = [
    "CONTEXT_INDEX",
    "Chunk",
    "Frame",
    "Grid",
    "ReadReport",
    "VideoInfo",
    "VideoWriter",
    "ahead",
    "chunks",
    "combine",
    "glances",
    "picture_at",
    "probe",
    "read_chunk",
    "read_chunks",
    "sampling_grid",
]

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
numbers in one go. Frames that are not analysed are decoded only where another rests on them.

Again, for people to look at::

    for time_s, planes in play(info, start_s, end_s, max_fps, size_px):      # as encoders take them, may be drawn on
        ...
    for frame in frames_at(info, times_s):                        # a few frames far apart
        ...

Writing::

    with VideoWriter(path, width_px, height_px, fps, sound_from=info, start_s=start_s) as writer:
        writer.write(image_bgr, frame.time_s)                     # OutputError: no space, no permission
    record(Track(path, size_px, fps, info, start_s), pictures, "auto")       # planes, by a card's encoder where one opens
    write_piece(info, start_s, end_s, path)                       # packets as they are where they can be; with sound
    join(files, path)
"""

from pipeline.video.ahead import ahead
from pipeline.video.cutting import VideoPiece, join, write_piece
from pipeline.video.hardware import decoder_for
from pipeline.video.planes import Planes
from pipeline.video.playback import frames_at, play
from pipeline.video.read import CONTEXT_INDEX, Frame, ReadReport, combine, glances, picture_at, read_chunk, read_chunks
from pipeline.video.recording import EncoderChoice, Track, record
from pipeline.video.sampling import Chunk, Grid, chunks, sampling_grid
from pipeline.video.source import VideoInfo, probe
from pipeline.video.web_copy import write_web_copy
from pipeline.video.write import VideoWriter

__all__ = [
    "CONTEXT_INDEX",
    "Chunk",
    "EncoderChoice",
    "Frame",
    "Grid",
    "Planes",
    "ReadReport",
    "Track",
    "VideoInfo",
    "VideoPiece",
    "VideoWriter",
    "ahead",
    "chunks",
    "combine",
    "decoder_for",
    "frames_at",
    "glances",
    "join",
    "picture_at",
    "play",
    "probe",
    "read_chunk",
    "read_chunks",
    "record",
    "sampling_grid",
    "write_piece",
    "write_web_copy",
]

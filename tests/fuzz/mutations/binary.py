"""Changing bytes: anywhere, in the boxes of an MP4 file, and in the headers of arrays and weights."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from tests.fuzz.mutations.text import changed_data, dumped

_INTEGERS = (
    0,
    1,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x7FFFFFFFFFFFFFFF,
    0xFFFFFFFFFFFFFFFF,
)
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"dinf")
_PARQUET_TAIL_BYTES = 8


def changed_bytes(rng: random.Random, data: bytes) -> bytes:
    """Change bytes anywhere: flip, overwrite, cut, remove, repeat, insert."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not changed:
            break
        _change(rng, changed)
    return bytes(changed)


def _change(rng: random.Random, data: bytearray) -> None:
    place, kind = rng.randrange(len(data)), rng.randrange(7)
    length = min(rng.choice((1, 2, 4, 8, 64, 1024)), len(data) - place)
    if kind == 0:
        data[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[place] = rng.randrange(256)
    elif kind == 2:
        width = rng.choice((2, 4, 8))
        value = rng.choice(_INTEGERS) & (256**width - 1)
        data[place : place + width] = value.to_bytes(width, rng.choice(("little", "big")))
    elif kind == 3:
        del data[place:]
    elif kind == 4:
        del data[place : place + length]
    elif kind == 5:
        data[place:place] = data[place : place + length] * rng.choice((1, 2, 50))
    else:
        data[place:place] = bytes(rng.randrange(256) for _ in range(min(length, 64)))


@dataclass(frozen=True)
class Mp4Box:
    """A box of an MP4 file: where it begins and ends, and what it is."""

    start: int
    end: int
    kind: bytes


def boxes(data: bytes, start: int = 0, end: int | None = None) -> list[Mp4Box]:
    """List the boxes of an MP4 file, those within others too."""
    found, end = [], len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > end:
            break
        found.append(Mp4Box(start, start + size, kind))
        if kind in _CONTAINERS:
            found += boxes(data, start + 8, start + size)
        start += size
    return found


def changed_mp4(rng: random.Random, data: bytes) -> bytes:
    """Repeat, drop, swap or resize a box, or put a strange number into one; or change bytes anywhere."""
    found = boxes(data)
    if not found or rng.random() < 0.35:
        return changed_bytes(rng, data)
    box, kind = rng.choice(found), rng.randrange(6)
    whole = data[box.start : box.end]
    if kind == 0:
        return data[: box.end] + whole * rng.choice((1, 3)) + data[box.end :]
    if kind == 1:
        return data[: box.start] + data[box.end :]
    if kind == 2:
        return data[: box.start] + struct.pack(">I", rng.choice(_INTEGERS) & 0xFFFFFFFF) + data[box.start + 4 :]
    if kind == 3:
        another = rng.choice(found)
        return data[: box.start] + data[another.start : another.end] + data[box.end :]
    timed = [
        box
        for box in found
        if box.kind in (b"stts", b"ctts", b"mdhd", b"mvhd", b"tkhd", b"elst", b"stsz", b"stsc", b"stco")
    ]
    box = rng.choice(timed or found)
    fields = range(box.start + 12, max(box.end - 3, box.start + 13), 4)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 5))):
        struct.pack_into(">I", changed, min(rng.choice(fields), len(changed) - 4), rng.choice(_INTEGERS) & 0xFFFFFFFF)
    return bytes(changed)


def changed_array(rng: random.Random, data: bytes) -> bytes:
    """Change the header of an .npy file (shape, dtype, order), fill it with NaN, or change bytes anywhere."""
    kind = rng.randrange(3)
    if kind == 0 or len(data) < 128:
        return changed_bytes(rng, data)
    if kind == 1:
        return data[:128] + b"\xff\x7f" * ((len(data) - 128) // 2)
    dtype = rng.choice(("<f2", "<f4", "|O", "<M8[s]", "|V8", "<c16", "|b1", "<U9", "|S0", "[('a', '<f4')]"))
    shape = rng.choice(("(0, 0)", "(1,)", "()", "(10, 512)", "(99999999999, 512)", "(-1, 4)", "(3, 4, 5)", "(1e9,)"))
    quoted = dtype if dtype.startswith("[") else f"'{dtype}'"
    header = f"{{'descr': {quoted}, 'fortran_order': {rng.choice((True, False))}, 'shape': {shape}, }}".encode()
    return data[:8] + struct.pack("<H", 118) + header[:117].ljust(117) + b"\n" + data[128:]


def changed_tensors(rng: random.Random, data: bytes) -> bytes:
    """Change the header of a .safetensors file, its length, or the tensors."""
    kind = rng.randrange(5)
    if kind == 0:
        return changed_bytes(rng, data)
    if kind == 1:
        return struct.pack("<Q", rng.choice((*_INTEGERS, len(data), 10**9))) + data[8:]
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        return changed_bytes(rng, data)
    if kind == 2:
        return data[: 8 + length] + rng.choice((b"\xff\x7f", b"\x00\x7c", b"\x00\x00", b"\xff\xff")) * (
            (len(data) - 8 - length) // 2
        )
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        return changed_bytes(rng, data)
    text = dumped(changed_data(rng, header)).encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def chosen(rng: random.Random, examples: Sequence[bytes]) -> bytes:
    """Choose an example."""
    return examples[rng.randrange(len(examples))]

"""Bottom-up clustering of a whole game's tracklets: what lambda does, how memory grows, and curves over the merges.

    python -m benchmarks.merging --samples 20000 --people 24 --curves reports/merging.png

The tracklets are made: people as random directions of unit length, some of them (team-mates) alike, and tracklets as a person plus noise
that is as large as an encoder's between crops of one person (`models/weights/encoder.md`: a median cosine of 0.5). Four share every frame. Each line is
DBC (`dispersion`) or BUC (`sized`) with one lambda, merged down to the number of people; no matrix of all distances is kept.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse

from models.clustering.agglomerative import LinkageName, linkage_of
from models.clustering.compact import merge_compactly
from models.clustering.scores import ari, nmi
from models.vectors import unit

LAMBDAS = (0.0, 0.1, 0.5, 1.0)
LINKAGES: tuple[LinkageName, ...] = ("dispersion", "sized")
DIM, SAME_FRAME = 32, 4


def made_tracklets(samples: int, people: int, seed: int) -> tuple[np.ndarray, np.ndarray, sparse.csr_array]:
    """Make features (n, d) of unit length, the person of each (n,), and in which frame each is seen (n, m)."""
    rng = np.random.default_rng(seed)
    team = unit(rng.normal(size=(2, DIM)).astype(np.float32))
    person = unit((rng.normal(size=(people, DIM)) / np.sqrt(DIM) + team[np.arange(people) % 2]).astype(np.float32))
    frames = -(-samples // SAME_FRAME)
    who = np.concatenate([rng.choice(people, SAME_FRAME, replace=False) for _ in range(frames)])[:samples]
    noise = rng.normal(size=(samples, DIM)) * np.sqrt(0.5 / DIM)
    seen = sparse.csr_array((np.ones(samples), (np.arange(samples), np.arange(samples) // SAME_FRAME)))
    return unit((person[who] + noise).astype(np.float32)), who, seen


def lines(
    samples: int, people: int, linkages: tuple[LinkageName, ...]
) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Yield the lines of the table, each with its curve: clusters left and what the merge cost."""
    features, who, seen = made_tracklets(samples, people, 0)
    for name in linkages:
        for penalty in LAMBDAS:
            curve = list[tuple[int, float]]()
            began = time.process_time()
            labels = merge_compactly(
                features,
                linkage_of(name, penalty),
                people,
                moments=seen,
                notice=lambda left, cost, curve=curve: curve.append((left, cost)),
            )
            numbers = (100 * ari(who, labels), 100 * nmi(who, labels), labels.max() + 1, time.process_time() - began)
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            cells = " | ".join(f"{number:.1f}" for number in numbers)
            yield f"| {name} | {penalty:g} | {cells} | {peak_mb:.0f} |", curve


def draw(curves: dict[str, list[tuple[int, float]]], file: Path) -> None:
    """Draw what merges cost by how many clusters are left."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    for name, curve in curves.items():
        left, cost = np.array(curve).T
        axes.plot(left, cost, label=name, linewidth=1)
    axes.set(xscale="log", xlabel="clusters left", ylabel="cost of the merge")
    axes.invert_xaxis()
    axes.legend(fontsize="small")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=120, bbox_inches="tight")
    plt.close(figure)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--linkages", nargs="+", default=list(LINKAGES), choices=LINKAGES)
    parser.add_argument("--curves", type=Path, help="a picture of the costs")
    given = parser.parse_args()
    print("| linkage | lambda | ARI | NMI | clusters | processor s | peak MB |\n|---|---:|---:|---:|---:|---:|---:|")
    curves = {}
    for line, curve in lines(given.samples, given.people, tuple(given.linkages)):
        print(line, flush=True)
        curves[" ".join(line.split(" | ")[:2]).strip("| ")] = curve
    if given.curves is not None:
        draw(curves, given.curves)


if __name__ == "__main__":
    main()

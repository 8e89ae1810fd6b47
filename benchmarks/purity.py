"""How often does a tracklet show one person, by how tall people are, how long it lasts and how often it is lost?

    python -m benchmarks.purity --game videos/wide501 --game videos/wide502 --out reports/baselines

analyses rendered games (or takes what is stored in `--out`), and fits the constants of `pipeline.understand.identity.confidence.purity`: that a box is under
the right player is the posterior of its tracklet times its purity, by maximum likelihood, each game counting alike. Prints the constants, and for each game what
those fitted to the other games say of it: mean confidence and share right, and how many are wrong above 0.9. Every game may be wrong in its own way, so
it takes several, with small and with large people.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from benchmarks.baselines import Material, materials
from benchmarks.identity_risk import Assessed, assessed
from pipeline.config import Settings, load_settings
from pipeline.understand.features.evidence import gather_evidence
from pipeline.understand.identity import losses_of, purity, purity_terms

Floats = NDArray[np.float64]

_RIDGE = 0.5
"""Of the constants: boxes of a tracklet are not independent."""
_START = (1.5, 1.0, 0.7, 0.0)


@dataclass(frozen=True)
class Boxes:
    """Boxes of players that were found in one game, n of them."""

    posterior: Floats
    """(n,) of their tracklets."""
    terms: Floats
    """(n, 3) see `purity_terms`."""
    right: NDArray[np.bool_]
    """(n,)"""

    def confidence(self, constants: Floats) -> Floats:
        """Give what constants (4,) say of each (n,)."""
        return np.asarray(self.posterior * expit(constants[0] + self.terms @ constants[1:]))

    def loss(self, constants: Floats) -> float:
        """Give the mean negative log-likelihood."""
        said = np.clip(self.confidence(constants), 1e-4, 1 - 1e-4)
        return float(-np.where(self.right, np.log(said), np.log1p(-said)).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--game", type=Path, action="append", required=True, help="a rendered game; may be repeated")
    parser.add_argument("--out", type=Path, default=Path("reports/baselines"))
    parser.add_argument("--device", default="auto")
    given = parser.parse_args(arguments)
    settings = load_settings(None)
    settings = settings.model_copy(update={"present": settings.present.model_copy(update={"video": False})})
    games = {each.name: boxes_of(each, given.out, settings, given.device) for each in materials(None, given.game)}
    print("constants of all games:", fitted(list(games.values())).round(2).tolist())
    print(
        "\n| game, by the others | boxes | mean confidence | right | above 0.9 | of these wrong |\n|---|---:|---:|---:|---:|---:|"
    )
    for name, boxes in games.items():
        rest = [each for each in games.values() if each is not boxes] or [boxes]
        said = boxes.confidence(fitted(rest))
        sure = said > 0.9
        shares = (said.mean(), boxes.right.mean(), sure.mean(), (~boxes.right[sure]).mean() if sure.any() else np.nan)
        print(f"| {name} | {len(said)} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |")


def boxes_of(material: Material, out: Path, settings: Settings, device: str) -> Boxes:
    """Put players together with nothing left unknown, and say of each matched box what its tracklet is like."""
    found: Assessed = assessed(material, out, settings, device)
    evidence = gather_evidence(found.game, settings.identify.crops_per_tracklet)
    features = evidence.height_px, evidence.seen_s, losses_of(evidence.start, evidence.frame)
    row = {int(track): at for at, track in enumerate(evidence.track_id)}
    at = np.array([row.get(int(track), -1) for track in found.track_id])
    kept = at >= 0
    at = at[kept]
    return Boxes(
        np.minimum(found.claims.confidence[kept] / purity(*features)[at], 1.0),
        purity_terms(*features)[at],
        found.claims.right[kept],
    )


def fitted(games: Sequence[Boxes]) -> Floats:
    """Fit the four constants to games, each counting alike."""

    def loss(constants: Floats) -> float:
        return sum(game.loss(constants) for game in games) + _RIDGE * float(constants @ constants) / 1000

    return np.asarray(minimize(loss, np.array(_START), method="Nelder-Mead", options={"maxiter": 4000}).x)


if __name__ == "__main__":
    main()

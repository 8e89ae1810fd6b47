"""The five things that the detector finds, and what other data sets call them."""

from typing import Final

CLASS_NAMES: Final = ("player", "referee", "ball", "rim", "number")
"""Class names by class index."""

PLAYER, REFEREE, BALL, RIM, NUMBER = range(len(CLASS_NAMES))

COCO_PERSON: Final = 0
COCO_SPORTS_BALL: Final = 32

COCO_CHANNELS: Final = {COCO_PERSON: PLAYER, COCO_SPORTS_BALL: BALL}
"""Channel of a COCO head -> our class index; the other channels are of no use here."""

SEED_CHANNELS: Final = {PLAYER: COCO_PERSON, REFEREE: COCO_PERSON, BALL: COCO_SPORTS_BALL}
"""Class index -> channel of a COCO head that a new head starts from; the other classes start at random."""

ALIASES: Final = {
    "player": "player",
    "basketball-player": "player",
    "player-in-possession": "player",
    "player-jump-shot": "player",
    "player-layup-dunk": "player",
    "player-shot-block": "player",
    "person": "player",
    "referee": "referee",
    "ball": "ball",
    "ball-in-basket": "ball",
    "sports ball": "ball",
    "basketball": "ball",
    "rim": "rim",
    "number": "number",
}
"""Name in a public data set or in foreign weights, in lower case -> our class name."""


def class_index_of(name: str) -> int | None:
    """Return our class index for a foreign class name.

    Args:
        name: class name of a data set or of a network, any case.

    Returns:
        Index into `CLASS_NAMES`, or None for a class that is not ours.

    Example:
        >>> class_index_of("Player-Jump-Shot"), class_index_of("sports ball"), class_index_of("tie")
        (0, 2, None)
    """
    ours = ALIASES.get(name.strip().lower())
    return None if ours is None else CLASS_NAMES.index(ours)

"""The 101 texts that rule books allow on a jersey: '0' to '99' and '00'.

A text is two places: the tens (nothing or a digit) and the ones. '0' is (nothing, 0) and '00' is (0, 0); a tens digit 0
before anything else is on no jersey.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TEXTS = (*(str(number) for number in range(100)), "00")
"""In this order everywhere: text i is str(i), but for the last."""
TENS_COUNT, ONES_COUNT = 11, 10
"""Nothing or a digit; a digit."""
KINDS = 2
"""Legible, and seen in a mirror; neither is what is left."""
OUTPUTS = KINDS + TENS_COUNT + ONES_COUNT
"""Of the network: kinds, tens, ones."""
NO_TENS = 0
"""Place of 'nothing' among the eleven tens; digit d has place d + 1."""
TENS: NDArray[np.int64] = np.array([int(text[0]) + 1 if len(text) == 2 else NO_TENS for text in TEXTS])
"""(101,) place of each text's tens."""
ONES: NDArray[np.int64] = np.array([int(text[-1]) for text in TEXTS])
"""(101,) last digit of each text."""
SYMMETRIC: NDArray[np.bool_] = np.array([set(text) <= set("018") for text in TEXTS])
"""(101,) texts of digits that look the same in a mirror in some typeface."""
for _constant in (TENS, ONES, SYMMETRIC):
    _constant.setflags(write=False)


def index_of(text: str) -> int:
    """Find the place of a text in `TEXTS`.

    Raises:
        ValueError: no jersey says so.

    Example:
        >>> index_of("7"), index_of("00"), index_of("0")
        (7, 100, 0)
        >>> index_of("07")
        Traceback (most recent call last):
        ValueError: '07' is no jersey number
    """
    try:
        return TEXTS.index(text)
    except ValueError:
        raise ValueError(f"'{text}' is no jersey number") from None


def text_probabilities(tens: NDArray[np.floating], ones: NDArray[np.floating]) -> NDArray[np.float64]:
    """Combine the places of n reads to whole texts, taken as independent; what is on no jersey is left out.

    Args:
        tens: (n, 11) probabilities of nothing, 0, ..., 9.
        ones: (n, 10) probabilities of 0, ..., 9.

    Returns:
        (n, 101) in the order of `TEXTS`; rows sum to 1.

    Example:
        >>> tens, ones = np.zeros((1, 11)), np.zeros((1, 10))
        >>> tens[0, [0, 3]] = 0.25, 0.75
        >>> ones[0, 3] = 1
        >>> text_probabilities(tens, ones)[0, [3, 23, 33]].tolist()
        [0.25, 0.75, 0.0]
    """
    both = tens[:, TENS].astype(np.float64) * ones[:, ONES]
    total = both.sum(axis=1, keepdims=True)
    return np.where(total > 0, both / np.where(total > 0, total, 1.0), 1.0 / len(TEXTS))

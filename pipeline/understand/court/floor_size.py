"""The size of a floor that is not by the book, as in school halls, from how well the lines of a court fit on it."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.geometry.court import Court, court_of

OFF_THE_BOOK = 1.15
"""So many times the support of the rule book's size makes it another: on courts by the book no other size came above 0.9 times."""
_FIRST_M = ((1.0, 0.0), (0.0, 0.5), (1.0, 0.5), (2.0, 1.0), (4.0, 2.0))
"""By what length and width are smaller in the sizes that are tried on every floor."""
_STEPS_M = (1.0, 0.5, 0.2, 0.1)
"""Of the search that follows where one of them fits better."""
_LIMITS_M = ((20.0, 30.0), (11.0, 16.5))
"""Length and width of floors that are played on."""

Size = tuple[float, float]


def best_size(book: Court, support: Callable[[Court], float]) -> Court | None:
    """Search for the size on which the lines of a court are seen best.

    Args:
        book: the court in the rule book's size.
        support: how well a court's lines are seen; only ratios mean anything.

    Returns:
        The court in the size that was found, to 10 cm; None where no other fits clearly better than the book's.
    """
    by_the_book = support(book)
    seen: dict[Size, float] = {(book.length_m, book.width_m): by_the_book}

    def rated(length_m: float, width_m: float) -> float:
        size = round(length_m, 2), round(width_m, 2)
        inside = all(low <= value <= high for value, (low, high) in zip(size, _LIMITS_M, strict=True))
        if inside and size not in seen:
            seen[size] = support(court_of(book.name, size))
        return seen.get(size, 0.0)

    for shorter, narrower in _FIRST_M:
        rated(book.length_m - shorter, book.width_m - narrower)
    for step_m in _STEPS_M:
        while True:
            length_m, width_m = before = max(seen, key=seen.__getitem__)
            if not seen[before] > OFF_THE_BOOK * by_the_book:
                return None
            for along, across in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)):
                rated(length_m + along * step_m, width_m + across * step_m / 2)
            if max(seen, key=seen.__getitem__) == before:
                break
    return court_of(book.name, max(seen, key=seen.__getitem__))

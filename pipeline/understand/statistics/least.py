"""How much has to be measured before a figure is given: what rests on less is left empty.

Sums (seconds, metres, counts) hold for whatever was measured. Means, extremes, shares and rates speak for the whole, and need
enough of it.
"""

from __future__ import annotations

LEAST_SPEED_S = 3.0
"""For mean and top speed: time in which the speed is known, s."""
LEAST_RATE_S = 10.0
"""For what is given per minute, s."""
LEAST_PLACE_S = 3.0
"""For shares of places, mean places and the shape of a team, s."""
LEAST_PHASE_S = 10.0
"""For places in attacking direction, and the mean centre of a team: time in offence and time in defence, each, s. Who was seen in
defence only is in his own half all the time, and that says nothing."""
LEAST_PACE_S = 60.0
"""For the pace and the share of the offence: time in which it is known in which half the play is, s."""
LEAST_ATTACKS = 3
"""For the mean length of an attack: so many."""
LEAST_SHARE_OF_TIME = 0.5
"""For the estimate of the whole distance: share of the time on court in which the speed is known."""


_EXACT_S = 1e-6


def lasts(measured_s: float, least_s: float) -> bool:
    """Whether as much was measured as a figure needs; a sum of the times of frames is exact to a microsecond."""
    return measured_s >= least_s - _EXACT_S

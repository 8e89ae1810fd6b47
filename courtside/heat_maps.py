"""A heat map on matplotlib axes of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from pipeline.errors import InputError
from pipeline.present.drawing.court import PAPER
from pipeline.present.heat_maps.heatmaps import CELL_M, MARGIN_M
from pipeline.present.heat_maps.subjects import Direction, drawn_map, player_subject, subtitle, team_subject
from pipeline.run.finished import on_court
from pipeline.run.loading import read_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_heat_map(out: Path, who: int | str, ax: Axes | None, period: int | None, direction: Direction) -> Axes:
    """Draw where a player or a team spent the time.

    Args:
        out: output directory of the run.
        who: a player by id, or a team by name.
        ax: axes to draw on; None for a new figure.
        period: one period; None for all.
        direction: as filmed, or turned so that the team attacks the right basket.

    Raises:
        InputError: the run has no metres, no such player, team or period, or no position of it, or there is no such
            direction.
    """
    from pipeline.present.heat_maps.court_figure import draw_lines
    from pipeline.present.heat_maps.figures import heat_colors

    if direction not in get_args(Direction):
        raise InputError(f"there is no direction {direction!r}; there are {', '.join(get_args(Direction))}")
    game = on_court(out)
    subject = player_subject(game, who) if isinstance(who, int) else team_subject(game, who)
    heat = drawn_map(game.during(period), subject, read_run(out).settings.present.heatmap_sigma_m, direction, period)
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(9, 5.5), layout="constrained")
    rows, columns = heat.density.shape
    extent = (heat.x0_m, heat.x0_m + columns * CELL_M, heat.y0_m + rows * CELL_M, heat.y0_m)
    ax.set_facecolor(PAPER.floor)
    ax.imshow(np.nan_to_num(heat.density), cmap=heat_colors(), vmin=0.0, extent=extent, interpolation="bilinear")
    ax.set_xlim(-MARGIN_M, game.court.length_m + MARGIN_M)
    ax.set_ylim(game.court.width_m + MARGIN_M, -MARGIN_M)
    ax.set_aspect("equal")
    ax.apply_aspect()
    draw_lines(ax, game.court)
    ax.set_title(f"{subject.title}\n{subtitle(subject, heat, period, direction)}", fontsize="medium", parse_math=False)
    ax.set_xlabel("m")
    ax.set_ylabel("m")
    return ax

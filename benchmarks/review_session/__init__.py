"""A game corrected in the browser from end to end: `python -m benchmarks.review_session [--minutes 10] [--out reports/review-session]`.

A game without pixels is rendered and analysed with tracklets left as the tracker makes them, so that they go over from one
person to another (the switches); a small film is looped to its length. Headless Chromium (needs it, and pytest) then opens
`courtside review`, and somebody who knows the truth works there with mouse and keys: he splits the longest mixtures and drags
what follows to whose it is, answers the queue, makes a new person and merges him again, names people, undoes and does again,
works in a second tab meanwhile, exports, and reloads. Printed: what each step took, and the share of player-time
under the right player before and after. Whatever is not as it should be ends the command with an error.

`session` is who works there, `game` makes the material and opens the page.
"""

from benchmarks.review_session.game import corrected_session, prepared

__all__ = ["corrected_session", "prepared"]

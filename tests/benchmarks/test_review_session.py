"""A game corrected in the browser from end to end, as `python -m benchmarks.review_session` does, in short."""

from benchmarks.review_session import corrected_session, prepared


def test_a_session_of_all_kinds_of_corrections(fixed_game, tmp_path):
    """The session itself checks what it does: every correction in the journal, names in both tabs, the report, a reload."""
    game, run, film = prepared(tmp_path, seconds=20, seed=23, film=fixed_game / "video.mp4")
    session = corrected_session(run, game, film, answers=1, mixtures=2, folder=tmp_path)
    steps = {words for words, _ in session.took_s}
    assert {
        "a split",
        "a move",
        "an answer",
        "somebody new",
        "a merge",
        "a name",
        "an undo",
        "a redo",
        "an export",
    } <= steps
    assert session.refused == []  # what is dragged goes to a player who was guessed to be elsewhere at that time, too
    assert (tmp_path / "page.png").stat().st_size > 10_000

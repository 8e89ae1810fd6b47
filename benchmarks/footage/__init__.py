"""All real clips, and altered copies of them, in one table: `python -m benchmarks.footage --data ../shared/data`.

`clips` names the material, `graphics` draws what broadcasts draw, `edits` makes the copies, `moved_truth` moves the truth with
the edit, `measure` runs and scores one copy, `table` lays the rows out.
"""

"""What of the benchmarks runs where."""

import importlib.util

# It measures peak memory with `resource`, which Windows does not have.
collect_ignore = [] if importlib.util.find_spec("resource") else ["test_full_game.py"]

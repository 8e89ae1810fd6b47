"""`python -m courtside`, which is the command `courtside`."""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    from pipeline.cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()

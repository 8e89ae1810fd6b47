"""The one family of errors, named by cause.

A message says what is wrong, where (file, frame, key), what was expected and what to do, in one line.
The command line prints it as that line and ends with `exit_code`.
"""


class CourtsideError(Exception):
    """Something that a user can cause or mend."""

    exit_code = 1


class InputError(CourtsideError):
    """A video, table or other input file is missing, unreadable or not what it should be."""

    exit_code = 3


class SettingsError(CourtsideError):
    """A setting is unknown, of the wrong type, or contradicts another."""

    exit_code = 4


class CalibrationError(CourtsideError):
    """A calibration file is malformed, has too few points, or does not fit."""

    exit_code = 5


class WeightsError(CourtsideError):
    """A weight file is missing or does not match its network."""

    exit_code = 6


class OutputError(CourtsideError):
    """An output cannot be written: no permission, no space, not a directory."""

    exit_code = 7


class TableError(CourtsideError):
    """A table does not satisfy its schema."""

    exit_code = 8


class DependencyError(CourtsideError):
    """An optional package or device that a setting asks for is not there."""

    exit_code = 9


class WorkerError(CourtsideError):
    """A process that shared the work ended before it was done, or cannot do it."""

    exit_code = 10

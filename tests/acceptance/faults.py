"""Faults of the server that are known and not yet mended. A test named here must fail: once it
passes, its line has to go."""

FAULTS = {}  # (test, table): why it fails


def reason_of(test, table):
    """Why the test of a table fails; None if it does not."""
    return FAULTS.get((test, table))

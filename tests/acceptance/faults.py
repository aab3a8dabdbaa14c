"""Faults of the server that are known and not yet mended. A test named here must fail: once it
passes, its line has to go."""

HOLE_IN_THE_LOG = (
    "versions 0 to 6 have all their commits, but as commit 7 is missing a query of them is a 400 "
    "'there is no commit of version 0'"
)
FAULTS = {("test_every_version", "errlog-table_b"): HOLE_IN_THE_LOG}


def reason_of(test, table):
    """Why the test of a table fails; None if it does not."""
    return FAULTS.get((test, table))

"""Faults of the server that are known and not yet mended. A test named here must fail: once it
passes, its line has to go."""

FAULTS = {}  # (test, table): why it fails, wherever the tables lie

# The same where a store holds the tables and the server hands their files on.
OUTSIDE = "a link to a file outside the table lacks the first letter of its location: it gets 403"
FAULTS_BY_PROXY = {
    (test, table): OUTSIDE
    for test in (
        "test_rows",
        "test_rows_with_limit",
        "test_rows_with_json_predicate_hint",
        "test_rows_as_deltalake_reads_them",
    )
    for table in ("absolute-outside", "gen-shallow-clone")
}


def reason_of(test, table, relayed=False):
    """Why the test of a table fails; None if it does not. `relayed`: from a store, by proxy."""
    found = FAULTS_BY_PROXY.get((test, table)) if relayed else None
    return found or FAULTS.get((test, table))

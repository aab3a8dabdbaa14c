"""Faults of the server that are known and not yet mended. A test named here must fail: once it
passes, its line has to go."""

NO_VECTOR_FILE = (
    "nothing calls delta::FindVectorFile, so that `file_path` of a vector stays empty: stored as "
    "'u' it goes out as 'p' with an empty pathOrInlineDv and without deletionVectorFileId, and "
    "stored as 'p' the table is a 500"
)
HOLE_IN_THE_LOG = (
    "versions 0 to 6 have all their commits, but as commit 7 is missing a query of them is a 400 "
    "'there is no commit of version 0'"
)

READERS = ("test_rows", "test_rows_with_limit", "test_rows_with_json_predicate_hint")
READERS += ("test_client_finds_the_format_out", "test_rows_as_deltalake_reads_them")
READERS += ("test_deletion_vectors_can_be_fetched", "test_changes_as_pandas")
STORED_AS_U = {
    "basic-dv-no-checkpoint",
    "cdf-table-with-cdc-and-dvs",
    "compacted-log-files-table",
    "dat-deletion_vectors",
    "deletion-vector-file",
    "dv-partitioned-with-checkpoint",
    "gen-dv-large-bitmap",
    "gen-dv-random-prefix",
    "table-with-dv-large",
    "table-with-dv-small",
    "table_with_deletion_logs",
}


def reason_of(test, table, response_format):
    """Why the test of a table fails; None if it does not."""
    if table == "table-with-dv-special-char":
        return NO_VECTOR_FILE
    if test in READERS and response_format != "parquet":
        vectors_in_history = test == "test_changes_as_pandas" and table == "cdf-table-with-dv"
        if table in STORED_AS_U or vectors_in_history:
            return NO_VECTOR_FILE
    if (test, table) == ("test_every_version", "errlog-table_b"):
        return HOLE_IN_THE_LOG
    return None

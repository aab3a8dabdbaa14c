"""Run by test_older_clients.py with an older client on its path. Standard input is a JSON list of
calls, the last line of standard output the list of what they gave: rows as objects."""

import json
import os
import sys
import warnings

import delta_kernel_rust_sharing_wrapper
import delta_sharing
import pandas


def name_of(item):
    """What a list tells of a share, a schema or a table, such as `warehouse.retail`."""
    parts = (getattr(item, part, None) for part in ("share", "schema", "name"))
    return ".".join(part for part in parts if part)


def listed(profile):
    client = delta_sharing.SharingClient(profile)
    shares = client.list_shares()
    schemas = [schema for share in shares for schema in client.list_schemas(share)]
    tables = [table for schema in schemas for table in client.list_tables(schema)]
    return {
        "shares": [name_of(item) for item in shares],
        "schemas": [name_of(item) for item in schemas],
        "tables": [name_of(item) for item in tables],
        "all tables": [name_of(item) for item in client.list_all_tables()],
    }


def who_answers():
    """The versions and folders of what was really imported."""
    modules = (delta_sharing, delta_kernel_rust_sharing_wrapper)
    return {
        "version": delta_sharing.__version__,
        "folders": [os.path.dirname(os.path.dirname(module.__file__)) for module in modules],
    }


def result_of(call):
    function = call.pop("function")
    if function == "who_answers":
        return who_answers()
    if function == "listed":
        return listed(**call)
    value = getattr(delta_sharing, function)(**call)
    if isinstance(value, pandas.DataFrame):
        return json.loads(value.to_json(orient="records", date_format="iso"))
    return getattr(value, "partition_columns", value)


def main():
    warnings.simplefilter("ignore")  # of newer libraries, about what this client does with them
    print(json.dumps([result_of(call) for call in json.load(sys.stdin)]), flush=True)
    os._exit(0)  # at once: threads of the client's libraries may abort the usual ending


if __name__ == "__main__":
    main()

"""What the interop tests share besides ../conftest.py."""

import pytest
from support.caller import TOKEN


@pytest.fixture
def write_config(tmp_path):
    """write_config(tables): a configuration with one share `s`, schema `d`, and these tables by
    name."""

    def write(tables, name="server.yaml", more=""):
        lines = [
            "version: 1",
            "shares:",
            "  - name: s",
            "    schemas:",
            "      - name: d",
            "        tables:",
        ]
        for table, location in tables.items():
            lines += [f"          - name: {table}", f"            location: {location}"]
        lines += ["authorization:", f"  bearerToken: {TOKEN}", more]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write

"""The script with which Snowflake shares a table, run as it was written: by the command, against a
server."""

import json
import os
import shutil
import subprocess

import pytest
from support.server import binary_path

SCRIPT = """
-- Provider account: Share sales data with partner company
CREATE SHARE sales_data_share;

-- Grant access to specific database and tables
GRANT USAGE ON DATABASE sales_db TO SHARE sales_data_share;
GRANT USAGE ON SCHEMA sales_db.public TO SHARE sales_data_share;
GRANT SELECT ON TABLE sales_db.public.transactions TO SHARE sales_data_share;

-- Add consumer account (partner company)
ALTER SHARE sales_data_share ADD ACCOUNTS = partner_org_account;

-- Consumer account: Access shared data without copying
-- Creates a database from the share - no data transfer occurs
CREATE DATABASE partner_sales_data FROM SHARE provider_account.sales_data_share;

-- Query shared data - reads directly from provider's storage
SELECT product_id, SUM(amount) as revenue
FROM partner_sales_data.public.transactions
WHERE date >= CURRENT_DATE - 30
GROUP BY product_id;

-- Provider pays storage costs, consumer pays their query compute costs
-- Data remains in provider's storage, zero bytes transferred for sharing
"""


@pytest.fixture
def run(governed, tmp_path):
    """run(*arguments): `sluice sql` of the script, as the owner of the server."""
    database = tmp_path / "sales_db"
    orders = os.path.join(governed.warehouse, "retail", "orders")
    shutil.copytree(orders, database / "public" / "transactions")
    shutil.copytree(orders, database / "public" / "salaries")
    governed.owner.ask("PUT", "/roots/sales_db", json={"location": str(database)})
    governed.owner.create_recipient("partner_org_account")
    governed.owner.create_recipient("competitor")
    script = tmp_path / "share.sql"
    script.write_text(SCRIPT)

    def start(*arguments):
        command = [binary_path(), "sql", "-f", str(script), *arguments]
        command += ["--data-dir", governed.server.data_dir]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    return start


def assert_access_is_as_written(governed):
    """One share with one table, for one recipient, which has it as a database."""
    owner = governed.owner
    share = owner.get("/shares/sales_data_share")
    tables = [(t["schema"], t["table"]) for t in share["entries"]]
    assert tables == [("public", "transactions")]
    partner = owner.get("/recipients/partner_org_account")
    assert [grant["share"] for grant in partner["grants"]] == ["sales_data_share"]
    assert list(partner["databases"]) == ["partner_sales_data"]
    readers = {
        name: governed.reader(owner.issue_token(name)["token"])
        for name in ("partner_org_account", "competitor")
    }
    reader = readers["partner_org_account"]
    assert reader.shares() == ["sales_data_share"]
    assert reader.query("sales_data_share", "public", "transactions").status_code == 200
    assert reader.query("sales_data_share", "public", "salaries").status_code == 404
    assert readers["competitor"].shares() == []


def test_snowflakes_script_gives_the_access_that_it_says(governed, run):
    """S-J03: with --skip-queries all of it is done, the final query is passed over."""
    done = run("--skip-queries")
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "share sales_data_share created"
    assert said[-1] == "query passed over"
    assert len(said) == 7
    assert_access_is_as_written(governed)
    # Run twice, it stops where the share exists already, and what there was stays.
    again = run("--skip-queries")
    assert again.returncode == 1 and "sales_data_share" in again.stderr
    assert_access_is_as_written(governed)


def test_the_scripts_query_is_answered_with_its_place_and_whose_job_it_is(governed, run):
    """S-J03: without --skip-queries the SELECT is refused, by line and column and with a caret."""
    done = run()
    assert done.returncode == 1
    line = SCRIPT.splitlines().index("SELECT product_id, SUM(amount) as revenue") + 1
    assert f"line {line}, column 1" in done.stderr and "sluice query" in done.stderr
    shown = done.stderr.splitlines()
    caret = next(i for i, text in enumerate(shown) if text.strip() == "^")
    assert shown[caret - 1].strip().startswith("SELECT product_id, SUM(amount)")
    assert shown[caret].index("^") == shown[caret - 1].index("S")


def test_what_the_script_did_is_told_as_json(governed, run):
    """S-J03: a result a statement, in their order."""
    done = run("--skip-queries", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["results"]) == 7

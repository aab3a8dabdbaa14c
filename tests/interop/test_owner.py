"""The owner's command line against a real server: the first five minutes, what each command prints
for people and for scripts, what errors say, and a whole catalog from one file."""

import json
import os
import pty
import re
import shutil
import stat
import subprocess

import pytest
import requests
import yaml
from support.caller import TIMEOUT_S
from support.server import REPOSITORY, binary_path, wait_until

ORDERS = os.path.join(REPOSITORY, "examples", "warehouse", "retail", "orders")
CUSTOMERS = os.path.join(REPOSITORY, "examples", "warehouse", "retail", "customers")
LISTEN = {"SLUICE_LISTEN": "127.0.0.1:0", "SLUICE_ADMIN_LISTEN": "127.0.0.1:0"}
TRANSCRIPT = """
sluice share create sales --comment "Daily sales"
sluice share add-table sales retail.orders ./warehouse/retail/orders --history
sluice recipient create acme --attribute country=FR --expires 90d
sluice grant sales --to acme
sluice recipient activation-link acme > link
curl -s $(cat link) > acme.share
sluice token rotate acme --grace 24h > rotated.share
"""


def environment(**more):
    """The caller's, without what it has set for a server of its own."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("SLUICE_")}
    return {**kept, **more}


class Owner:
    """A folder with a server that was started without anything to share, and commands in it."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "state"
        self.process = None

    def start(self):
        with open(self.folder / "serve.log", "ab") as log:
            self.process = subprocess.Popen(
                [binary_path(), "serve"],
                cwd=self.folder,
                env=environment(SLUICE_DATA_DIR=str(self.state), **LISTEN),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self.listens, what="the server listens")
        return self

    def listens(self):
        assert self.process.poll() is None, (self.folder / "serve.log").read_text()
        return (self.state / "ports.json").exists()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(TIMEOUT_S)

    @property
    def admin(self):
        ports = json.loads((self.state / "ports.json").read_text())
        return f"http://127.0.0.1:{ports['admin']}"

    def run(self, *arguments, **variables):
        return subprocess.run(
            [binary_path(), *map(str, arguments)],
            cwd=self.folder,
            env=environment(SLUICE_DATA_DIR=str(self.state), **variables),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )

    def __call__(self, *arguments, **variables):
        """What a command that must succeed prints to standard output."""
        result = self.run(*arguments, **variables)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def json(self, *arguments, **variables):
        return json.loads(self(*arguments, "--json", **variables))

    def fails(self, *arguments, code=1, **variables):
        """What a command that must fail prints to standard error."""
        result = self.run(*arguments, **variables)
        assert result.returncode == code, result.stdout + result.stderr
        assert result.stdout == ""
        return result.stderr


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    """One server for the tests of this file; each uses names of its own."""
    folder = tmp_path_factory.mktemp("owner")
    shutil.copytree(ORDERS, folder / "warehouse" / "retail" / "orders")
    shutil.copytree(CUSTOMERS, folder / "warehouse" / "retail" / "customers")
    running = Owner(folder).start()
    yield running
    running.stop()


@pytest.fixture
def fresh(tmp_path):
    """A server of one test alone."""
    shutil.copytree(ORDERS, tmp_path / "warehouse" / "retail" / "orders")
    running = Owner(tmp_path).start()
    yield running
    running.stop()


def read_profile(text):
    profile = json.loads(text)
    assert profile["shareCredentialsVersion"] == 1 and profile["bearerToken"]
    return profile


def ask(profile, path):
    return requests.get(
        profile["endpoint"] + path,
        headers={"Authorization": "Bearer " + profile["bearerToken"]},
        timeout=TIMEOUT_S,
    )


def names_of(response):
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json().get("items", [])]


def test_the_first_five_minutes_work_as_written(tmp_path):
    """From an empty folder with the sample table, in a shell, by the words of the guide."""
    shutil.copytree(ORDERS, tmp_path / "warehouse" / "retail" / "orders")
    (tmp_path / "bin").mkdir()
    os.symlink(os.path.abspath(binary_path()), tmp_path / "bin" / "sluice")
    script = (
        "set -eu\n"
        f"export PATH={tmp_path}/bin:$PATH\n"
        "export SLUICE_DATA_DIR=$PWD/state\n"
        "sluice serve > serve.log 2>&1 &\n"
        "server=$!\n"
        "trap 'kill $server; wait $server' EXIT\n"
        f"for i in $(seq {TIMEOUT_S * 10}); do [ -f state/ports.json ] && break; sleep 0.1; done\n"
        + TRANSCRIPT
        + 'python3 -c "import json; print(json.load(open(\'acme.share\'))[\'endpoint\'])"\n'
        "for profile in acme.share rotated.share; do\n"
        '  url=$(sed \'s/.*"endpoint":"\\([^"]*\\)".*/\\1/\' $profile)\n'
        '  token=$(sed \'s/.*"bearerToken":"\\([^"]*\\)".*/\\1/\' $profile)\n'
        '  curl -sf -H "Authorization: Bearer $token" $url/shares/sales/all-tables\n'
        "done\n"
        "curl -s -o second -w '%{http_code}\\n' $(cat link)\n"
    )
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment(**LISTEN),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S * 3,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count('"name":"orders"') == 2
    assert result.stdout.splitlines()[-1] == "404", "a link is spent once"
    # What is printed for scripts stands alone: the words go to standard error.
    link = (tmp_path / "link").read_text()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/delta-sharing/activate/[\w-]+\n", link)
    assert "once" in result.stderr
    first, second = (
        read_profile((tmp_path / name).read_text()) for name in ("acme.share", "rotated.share")
    )
    assert first["bearerToken"] != second["bearerToken"]
    assert "1 older token is good until" in result.stderr


def test_share_is_created_changed_renamed_and_dropped(owner):
    created = owner.json(
        "share", "create", "life", "--comment", "a", "--tag", "tier=gold", "--property", "team=x"
    )
    assert created["name"] == "life" and created["tags"] == {"tier": "gold"}
    assert created["properties"] == {"team": "x"}
    assert "is changed" in owner("share", "update", "life", "--comment", "b", "--purpose-required")
    shown = owner.json("share", "show", "life")
    assert shown["comment"] == "b" and shown["purposeRequired"]
    assert shown["tags"] == {"tier": "gold"}
    owner("share", "update", "life", "--tag", "", "--purpose-required=false")
    shown = owner.json("share", "show", "life")
    assert "tags" not in shown and not shown.get("purposeRequired")
    assert "death" in owner("share", "rename", "life", "death")
    assert "death" in owner("share", "list")
    assert "is gone" in owner("share", "drop", "death")
    assert "death" not in owner("share", "list")
    assert "nothing to change" in owner.fails("share", "update", "life")


def test_lists_are_aligned_for_people(owner):
    owner("share", "create", "a-rather-long-name", "--comment", "first words")
    owner("share", "create", "short", "--comment", "other words")
    lines = owner("share", "list").splitlines()
    column = lines[0].index("COMMENT")
    for line in lines[1:]:
        assert line[column - 1] == " " and line[column] != " ", line


def test_table_of_a_relative_place_is_found_by_the_server(owner):
    owner("share", "create", "places")
    added = owner.json(
        "share", "add-table", "places", "retail.orders", "./warehouse/../warehouse/retail/orders/",
        "--history", "--comment", "all of them",
    )
    assert added["location"] == str(owner.folder / "warehouse" / "retail" / "orders")
    assert added["historyShared"] is True
    text = owner("share", "show", "places")
    assert "retail.orders" in text and "all of them" in text
    owner("share", "remove-table", "places", "retail.orders")
    assert "no tables yet" in owner("share", "show", "places")


def test_table_that_is_not_there_is_refused_unless_told_otherwise(owner):
    owner("share", "create", "holes")
    refusal = owner.fails("share", "add-table", "holes", "d.t", "./nowhere")
    assert "/nowhere: table files missing" in refusal and "sluice table check" in refusal
    added = owner.json("share", "add-table", "holes", "d.t", "./nowhere", "--no-check")
    assert added["table"] == "t"
    assert "SCHEMA.TABLE" in owner.fails("share", "add-table", "holes", "t", "./nowhere")


def test_folder_is_shared_with_what_is_in_it(owner):
    owner("share", "create", "folders")
    owner(
        "share", "add-folder", "folders", "warehouse/retail", "--schema", "retail",
        "--alias", "orders=purchases", "--history",
    )
    owner("recipient", "create", "folder-reader")
    owner("grant", "folders", "--to", "folder-reader")
    profile = read_profile(owner("token", "issue", "folder-reader"))
    shared = names_of(ask(profile, "/shares/folders/all-tables"))
    assert sorted(shared) == ["customers", "purchases"]
    owner("share", "remove-folder", "folders", "./warehouse/retail", "--schema", "retail")
    assert names_of(ask(profile, "/shares/folders/all-tables")) == []


def test_recipient_keeps_what_is_said_of_it(owner):
    owner("issuer", "add", "corporate", "https://login.example.com/tenant")
    created = owner.json(
        "recipient", "create", "known", "--comment", "c", "--attribute", "country=FR",
        "--attribute", "tier=gold", "--expires", "30d", "--allow-ip", "203.0.113.0/24",
        "--allow-ip", "2001:db8::/32", "--region", "eu-west-1", "--oidc-issuer", "corporate",
        "--oidc-audience", "sluice", "--oidc-claim", "groups=readers",
    )
    assert created["attributes"] == {"country": "FR", "tier": "gold"}
    assert created["tokenLifetimeSeconds"] == 30 * 86400
    assert created["allowedNetworks"] == ["203.0.113.0/24", "2001:db8::/32"]
    assert created["federation"]["claims"] == {"groups": "readers"}
    text = owner("recipient", "show", "known")
    for words in ("country=FR", "203.0.113.0/24", "corporate", "groups=readers", "enabled"):
        assert words in text
    updated = owner.json(
        "recipient", "update", "known", "--expires", "2030-01-31", "--oidc-issuer", "",
        "--allow-ip", "",
    )
    assert updated["expiresAt"].startswith("2030-01-31T00:00:00")
    assert "federation" not in updated and "allowedNetworks" not in updated
    assert updated["attributes"] == {"country": "FR", "tier": "gold"}
    assert "expiresAt" not in owner.json("recipient", "update", "known", "--expires", "never")
    owner("recipient", "rename", "known", "better-known")
    assert "better-known" in owner("recipient", "list")
    owner("recipient", "drop", "better-known")
    assert "better-known" not in owner("recipient", "list")


def test_disabled_recipient_reads_nothing_until_it_is_enabled(owner):
    owner("share", "create", "switch")
    owner("recipient", "create", "switched")
    owner("grant", "switch", "--to", "switched")
    profile = read_profile(owner("token", "issue", "switched"))
    assert names_of(ask(profile, "/shares")) == ["switch"]
    owner("recipient", "disable", "switched")
    assert ask(profile, "/shares").status_code in (401, 403)
    assert "disabled" in owner("recipient", "show", "switched")
    owner("recipient", "enable", "switched")
    assert names_of(ask(profile, "/shares")) == ["switch"]


def test_grants_are_listed_and_revoked(owner):
    for share in ("g1", "g2"):
        owner("share", "create", share)
    for recipient in ("r1", "r2"):
        owner("recipient", "create", recipient)
    owner("grant", "g1", "--to", "r1", "--expires", "2031-01-31")
    owner("grant", "g1", "--to", "r2")
    owner("grant", "g2", "--to", "r2")
    assert "2031-01-31" in owner("grants", "list", "--recipient", "r1")
    of_share = owner.json("grants", "list", "--share", "G1")["items"]
    assert sorted(item["recipient"] for item in of_share) == ["r1", "r2"]
    owner("revoke", "g1", "--from", "r2")
    of_recipient = owner.json("grants", "list", "--recipient", "r2")["items"]
    assert [item["share"] for item in of_recipient] == ["g2"]
    assert "is not granted" in owner.fails("revoke", "g1", "--from", "r2")


def test_tokens_are_issued_listed_rotated_and_revoked(owner, tmp_path):
    owner("recipient", "create", "holder")
    out = tmp_path / "holder.share"
    issue = ("token", "issue", "holder", "--lifetime", "1h", "--comment", "job")
    assert owner(*issue, "--out", out) == ""
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    first = read_profile(out.read_text())
    assert ask(first, "/shares").status_code == 200
    issued = owner.json("token", "issue", "holder")
    assert issued["profile"]["bearerToken"] == issued["token"]
    owner("token", "revoke", "holder", issued["id"])
    assert ask(issued["profile"], "/shares").status_code in (401, 403)
    rotated = owner.run("token", "rotate", "holder", "--grace", "0")
    assert "no older token is good" in rotated.stderr
    assert ask(read_profile(rotated.stdout), "/shares").status_code == 200
    assert ask(first, "/shares").status_code in (401, 403)
    states = [line.split()[1] for line in owner("token", "list", "holder").splitlines()[1:]]
    assert sorted(states) == ["expired", "good", "revoked"]
    listed = owner.json("token", "list", "holder")["items"]
    assert all("token" not in item and "sha256" not in item for item in listed)


def test_profile_that_cannot_be_written_names_the_token_to_revoke(owner):
    owner("recipient", "create", "unlucky")
    error = owner.fails("token", "issue", "unlucky", "--out", "/no/such/folder/p.share")
    token = owner.json("token", "list", "unlucky")["items"][0]
    assert token["id"] in error and "revoke" in error


def test_quotas_are_set_listed_by_name_and_dropped(owner):
    owner("share", "create", "q-share")
    owner("recipient", "create", "q-reader")
    owner("quota", "set", "bytes", "50GiB", "--per", "day", "--recipient", "q-reader")
    owner("quota", "set", "concurrent", "4", "--share", "q-share")
    text = owner("quota", "list")
    assert re.search(r"q-reader +all +bytes +53687091200 +day", text)
    assert re.search(r"each +q-share +concurrent +4 +-", text)
    for quota in owner.json("quota", "list")["items"]:
        owner("quota", "drop", quota["id"])
    assert "no quotas" in owner("quota", "list")
    assert "--per" in owner.fails("quota", "set", "files", "5")
    assert "50GB" in owner.fails("quota", "set", "bytes", "50GB", "--per", "day")


def test_roots_and_issuers_are_listed_and_dropped(owner):
    owner("root", "add", "lake", "./warehouse", "--principal", "ann", "--region", "eu")
    assert str(owner.folder / "warehouse") in owner("root", "list")
    assert owner.json("root", "list")["items"][0]["principals"] == ["ann"]
    owner("root", "drop", "lake")
    owner("issuer", "add", "idp", "https://idp.example.com")
    assert "https://idp.example.com" in owner("issuer", "list")
    owner("issuer", "drop", "idp")
    assert "idp.example.com" not in owner("issuer", "list")


def test_share_owner_manages_what_is_theirs_and_no_more(owner):
    ann = {"SLUICE_TOKEN": owner("principal", "set", "ann", "--role", "share_owner").strip()}
    assert "share_owner" in owner("principal", "list")
    assert "ann, role share_owner" in owner("whoami", **ann)
    owner("share", "create", "not-anns")
    owner("share", "create", "anns", **ann)
    assert [item["name"] for item in owner.json("share", "list", **ann)["items"]] == ["anns"]
    hidden = owner.fails("share", "update", "not-anns", "--comment", "mine", **ann)
    assert "share 'not-anns' does not exist" in hidden
    for refused in (
        ("principal", "set", "bob", "--role", "admin"),
        ("root", "add", "all", "/"),
        ("quota", "set", "requests", "1", "--per", "second"),
        ("share", "add-table", "anns", "retail.orders", "./warehouse/retail/orders"),
    ):
        assert "whoami" in owner.fails(*refused, **ann)
    owner("root", "add", "anns-root", "./warehouse/retail", "--principal", "ann")
    owner("share", "add-table", "anns", "retail.orders", "./warehouse/retail/orders", **ann)
    auditor = {"SLUICE_TOKEN": owner("principal", "set", "eve", "--role", "auditor").strip()}
    assert "anns" in owner("share", "list", **auditor)
    owner.fails("share", "drop", "anns", **auditor)
    owner("principal", "drop", "ann")
    assert "SLUICE_TOKEN" in owner.fails("share", "list", **ann)


def test_errors_say_what_to_do_next(owner):
    owner("share", "create", "twice")
    taken = owner.fails("share", "create", "Twice")
    assert taken.startswith("sluice: share 'Twice' exists already\n")
    assert "update" in taken
    unknown = owner.fails("share", "show", "nowhere")
    assert unknown.startswith("sluice: share 'nowhere' does not exist\n")
    assert "sluice share list" in unknown
    assert "sluice recipient list" in owner.fails("grant", "twice", "--to", "nobody")
    assert "KEY=VALUE" in owner.fails("recipient", "create", "x", "--attribute", "novalue")
    assert "did you mean 'create'" in owner.fails("share", "creat", "x", code=2)
    assert "see: sluice share create --help" in owner.fails("share", "create", code=2)
    assert "see: sluice recipient --help" in owner.fails("recipient", code=2)


def test_another_server_is_named_with_its_token(owner):
    token = (owner.state / "admin.token").read_text().strip()
    assert "role admin" in owner("whoami", "--server", owner.admin, SLUICE_TOKEN=token)
    refused = owner.fails("whoami", "--server", owner.admin, SLUICE_TOKEN="guessed-token")
    assert "SLUICE_TOKEN" in refused and "guessed-token" not in refused
    assert "SLUICE_TOKEN" in owner.fails("whoami", "--server", owner.admin)
    assert "no data directory" in owner.fails("whoami", "--data-dir", "/no/such/folder")


def test_server_that_is_down_is_said_so(fresh):
    fresh.stop()
    error = fresh.fails("share", "list")
    assert "no server is running" in error and "sluice serve" in error
    # A server that was killed leaves its ports behind.
    (fresh.state / "ports.json").write_text('{"recipients":1,"admin":1}\n')
    error = fresh.fails("share", "list")
    assert "no server is running" in error and "sluice serve" in error


def test_help_of_every_command_says_what_it_is(owner):
    words = subprocess.run(
        [binary_path(), "completion", "bash"], capture_output=True, text=True, timeout=TIMEOUT_S
    ).stdout
    paths = re.search(r'known="\|(.*)\|"', words).group(1).split("|")
    paths = [path for path in paths if path]
    assert "share add-table" in paths and "recipient activation-link" in paths
    for path in paths:
        text = owner(*path.split(), "--help")
        assert "Usage: sluice " + path in text, path


def complete(owner, *words):
    """What bash offers after these words."""
    script = (
        f"source <({binary_path()} completion bash)\n"
        f"COMP_WORDS=(sluice {' '.join(repr(word) for word in words)})\n"
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        "_sluice\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    result = subprocess.run(
        ["bash", "-c", script], cwd=owner.folder, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_shell_completes_commands_flags_and_choices(owner):
    assert "recipient" in complete(owner, "rec")
    assert "activation-link" in complete(owner, "recipient", "act")
    assert "--attribute" in complete(owner, "recipient", "create", "acme", "--att")
    assert "--history" in complete(owner, "--server", "x", "share", "add-table", "s", "--hi")
    assert "concurrent" in complete(owner, "quota", "set", "conc")
    assert "warehouse" in complete(owner, "share", "add-table", "s", "d.t", "ware")


# One file.


def write(owner, catalog, name="sharing.yaml"):
    (owner.folder / name).write_text(yaml.safe_dump(catalog, sort_keys=False))
    return name


def partners(count):
    """A share for each group of tables, a recipient for each partner."""
    groups = ("orders", "returns")
    return {
        "shares": [
            {
                "name": f"group-{group}",
                "comment": f"All {group}",
                "properties": {"group": group},
                "schemas": [
                    {
                        "name": "retail",
                        "tables": [
                            {
                                "name": "orders",
                                "location": "warehouse/retail/orders",
                                "historyShared": True,
                            }
                        ],
                    }
                ],
            }
            for group in groups
        ],
        "recipients": [
            {
                "name": f"partner-{i}",
                "attributes": {"partner": str(i)},
                "tokenLifetime": "90d",
                "allowedNetworks": ["127.0.0.0/8"],
            }
            for i in range(count)
        ],
        "grants": [
            {"share": f"group-{groups[i % 2]}", "to": [f"partner-{i}"]} for i in range(count)
        ],
        "quotas": [
            {"recipient": "partner-0", "measure": "bytes", "limit": "1GiB", "window": "day"}
        ],
    }


def test_one_file_makes_partners_and_groups_and_reports_drift(fresh):
    """S-B03: a recipient for each partner and a share for each group of tables, in one apply."""
    file = write(fresh, partners(6))
    planned = fresh.run("apply", "-f", file, "--plan")
    assert planned.returncode == 3
    assert "+ share group-orders" in planned.stdout
    assert "+ grant of group-returns to partner-5" in planned.stdout
    assert "group-orders" not in fresh("share", "list"), "a plan changes nothing"
    done = fresh("apply", "-f", file)
    assert "17 added, 0 changed, 0 removed" in done
    profile = read_profile(fresh("token", "issue", "partner-1"))
    assert names_of(ask(profile, "/shares")) == ["group-returns"]
    # Again: nothing to do, and nothing differs.
    assert fresh("apply", "-f", file) == "nothing to do\n"
    assert fresh("apply", "-f", file, "--plan") == "nothing differs\n"
    # Somebody changes something by hand.
    fresh("recipient", "update", "partner-2", "--attribute", "partner=x")
    fresh("revoke", "group-orders", "--from", "partner-4")
    fresh("share", "remove-table", "group-orders", "retail.orders")
    drift = fresh.run("apply", "-f", file, "--plan")
    assert drift.returncode == 3
    assert '~ recipient partner-2: attributes.partner "x" -> "2"' in drift.stdout
    assert "+ grant of group-orders to partner-4" in drift.stdout
    assert "+ table group-orders.retail.orders" in drift.stdout
    assert "2 to add, 1 to change, 0 to remove" in drift.stdout
    steps = json.loads(fresh.run("apply", "-f", file, "--plan", "--json").stdout)["steps"]
    assert [step["change"] for step in steps] == ["add", "change", "add"]
    fresh("apply", "-f", file)
    assert fresh("apply", "-f", file) == "nothing to do\n"


def test_every_field_of_a_file_is_the_same_the_second_time(fresh):
    file = write(
        fresh,
        {
            "version": 1,
            "roots": [
                {"name": "lake", "location": "warehouse", "region": "eu", "principals": ["a"]}
            ],
            "issuers": [{"name": "corporate", "url": "https://login.example.com/t"}],
            "shares": [
                {
                    "name": "whole",
                    "displayName": "Whole",
                    "comment": "c",
                    "owner": "ann",
                    "purposeRequired": True,
                    "region": "eu",
                    "tags": {"a": "1"},
                    "properties": {"b": "2"},
                    "delivery": "proxy",
                    "freshness": "90s",
                    "serveStaleFor": "5m",
                    "downloadsNeedToken": True,
                    "schemas": [
                        {
                            "name": "retail",
                            "tables": [
                                {
                                    "name": "orders",
                                    "location": "warehouse/retail/orders",
                                    "comment": "t",
                                    "historyShared": True,
                                    "startVersion": 1,
                                    "tags": {"c": "3"},
                                    "delivery": "url",
                                    "freshness": "1h",
                                }
                            ],
                        },
                        {"name": "empty"},
                    ],
                    "folders": [
                        {"location": "warehouse", "schema": "all", "aliases": {"orders": "o"}}
                    ],
                }
            ],
            "recipients": [
                {
                    "name": "acme",
                    "comment": "r",
                    "owner": "ann",
                    "attributes": {"country": "FR"},
                    "tags": {"d": "4"},
                    "allowedNetworks": ["203.0.113.0/24"],
                    "region": "us",
                    "enabled": False,
                    "expiresAt": "2031-12-31",
                    "tokenLifetime": "36h",
                    "federation": {
                        "issuer": "corporate",
                        "audience": "sluice",
                        "claims": {"groups": "readers"},
                    },
                    "certificate": {"alternativeName": "DNS:reader.example"},
                }
            ],
            "grants": [{"share": "whole", "to": "acme", "expiresAt": "2031-01-31"}],
            "quotas": [
                {"measure": "concurrent", "limit": 4},
                {"measure": "files", "limit": 5, "window": "month", "share": "whole"},
            ],
        },
    )
    fresh("apply", "-f", file)
    assert fresh("apply", "-f", file, "--plan") == "nothing differs\n"
    # Each kind can be changed in place.
    text = (fresh.folder / file).read_text()
    changed = (
        text.replace("region: eu", "region: eu-2")
        .replace("login.example.com/t", "login.example.com/u")
        .replace("freshness: 1h", "freshness: 2h")
        .replace("orders: o", "orders: p")
        .replace("tokenLifetime: 36h", "tokenLifetime: 48h")
        .replace("'2031-01-31'", "never")
        .replace("limit: 5", "limit: 6")
    )
    (fresh.folder / file).write_text(changed)
    planned = fresh.run("apply", "-f", file, "--plan").stdout
    for kind in ("root lake", "issuer corporate", "share whole", "table whole.retail.orders",
                 "folder", "recipient acme", "quota of files", "grant of whole to acme"):
        assert f"~ {kind}" in planned, planned
    assert "0 to add, 8 to change, 0 to remove" in planned
    fresh("apply", "-f", file)
    assert fresh("apply", "-f", file, "--plan") == "nothing differs\n"


def test_what_the_file_does_not_name_stays_until_it_is_pruned(fresh):
    fresh("share", "create", "by-hand")
    fresh("recipient", "create", "by-hand-too")
    fresh("recipient", "create", "partner-0", "--comment", "kept")
    fresh("grant", "by-hand", "--to", "partner-0")
    file = write(fresh, partners(2))
    text = fresh("apply", "-f", file)
    assert "2 things on the server are not in the file and stay" in text
    assert "by-hand" in fresh("share", "list")
    assert fresh.json("recipient", "show", "partner-0")["comment"] == "kept"
    planned = fresh.run("apply", "-f", file, "--plan", "--prune")
    assert planned.returncode == 3
    assert planned.stdout.splitlines()[:2] == ["- share by-hand", "- recipient by-hand-too"]
    # Nobody is there to say yes.
    refused = fresh.fails("apply", "-f", file, "--prune")
    assert "- share by-hand" in refused and "--yes" in refused
    assert "by-hand" in fresh("share", "list")
    assert "2 removed" in fresh("apply", "-f", file, "--prune", "--yes")
    assert "by-hand" not in fresh("share", "list") + fresh("recipient", "list")
    assert fresh("apply", "-f", file, "--prune", "--yes") == "nothing to do\n"
    assert fresh("apply", "-f", file, "--plan", "--prune") == "nothing differs\n"


@pytest.mark.parametrize("answer,stays", [("n", True), ("y", False)])
def test_person_is_asked_before_things_are_removed(fresh, answer, stays):
    fresh("share", "create", "by-hand")
    file = write(fresh, {"shares": []})
    terminal, other_end = pty.openpty()
    try:
        os.write(terminal, (answer + "\n").encode())
        result = subprocess.run(
            [binary_path(), "apply", "-f", file, "--prune"],
            cwd=fresh.folder,
            env=environment(SLUICE_DATA_DIR=str(fresh.state)),
            stdin=other_end,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    finally:
        os.close(terminal)
        os.close(other_end)
    assert "- share by-hand\nRemove 1 thing from the server? [y/N]" in result.stderr
    assert ("by-hand" in fresh("share", "list")) == stays
    assert result.returncode == (1 if stays else 0)


def test_lists_that_the_file_does_not_give_are_not_pruned(fresh):
    fresh("recipient", "create", "somebody")
    fresh("issuer", "add", "idp", "https://idp.example.com")
    file = write(fresh, {"shares": [{"name": "only"}]})
    fresh("apply", "-f", file, "--prune", "--yes")
    assert "somebody" in fresh("recipient", "list") and "idp" in fresh("issuer", "list")


def test_fault_of_a_file_names_file_and_line(fresh):
    path = fresh.folder / "broken.yaml"
    path.write_text("shares:\n- name: s\n  coment: x\n")
    assert "broken.yaml:3: unknown key 'coment'" in fresh.fails("apply", "-f", path)
    path.write_text(
        "recipients:\n- {name: good}\nshares:\n- name: s\n  schemas:\n"
        "  - {name: d, tables: [{name: t, location: nowhere}]}\n"
    )
    error = fresh.run("apply", "-f", path)
    assert error.returncode == 1
    assert "broken.yaml:6: table s.d.t: " in error.stderr
    assert "1 of 3 changes were made" in error.stderr
    path.write_text("recipients:\n- {name: good, federation: {issuer: none}}\n")
    assert "broken.yaml:2: recipient good: issuer 'none'" in fresh.fails("apply", "-f", path)
    assert "no-such.yaml" in fresh.fails("apply", "-f", "no-such.yaml")


def test_share_of_the_configuration_is_changed_there(launch, warehouse, tmp_path):
    server = launch(warehouse)
    running = Owner(tmp_path)
    running.state = tmp_path / "data"
    file = write(running, {"shares": [{"name": os.path.basename(warehouse)}]})
    assert f"{file}:2: share 'warehouse' comes from the server's configuration" in running.fails(
        "apply", "-f", file
    )
    assert "configuration" in running("share", "list")
    assert server.running()
    # It can be granted all the same.
    running("recipient", "create", "acme")
    running("grant", "warehouse", "--to", "acme")
    profile = read_profile(running("token", "issue", "acme"))
    assert names_of(ask(profile, "/shares")) == ["warehouse"]


def test_secrets_are_in_no_line_but_the_one_asked_for(owner):
    """Tokens appear on standard output of the commands that make them, never in errors."""
    owner("recipient", "create", "quiet")
    issued = owner.run("token", "issue", "quiet")
    token = read_profile(issued.stdout)["bearerToken"]
    assert token not in issued.stderr
    admin = (owner.state / "admin.token").read_text().strip()
    for arguments in ("recipient show quiet", "token list quiet", "share show x"):
        result = owner.run(*arguments.split())
        assert token not in result.stdout + result.stderr
        assert admin not in result.stdout + result.stderr


def test_a_share_of_the_file_is_shown_with_where_it_comes_from(launch, write_config):
    server = launch(write_config({"orders": ORDERS}))

    def show(*more):
        return subprocess.run(
            [binary_path(), "share", "show", "s", "--data-dir", server.data_dir, *more],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )

    shown = show()
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"^source +the server's configuration", shown.stdout, re.M)
    assert "d.orders" in shown.stdout and ORDERS in shown.stdout
    share = json.loads(show("--json").stdout)
    assert share["source"] == "configuration"
    assert [entry["table"] for entry in share["entries"]] == ["orders"]


def test_a_managed_share_is_shown_with_where_it_comes_from(owner):
    owner("share", "create", "shown")
    assert owner.json("share", "show", "shown")["source"] == "managed"
    assert "source" not in owner("share", "show", "shown")

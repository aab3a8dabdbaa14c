#!/usr/bin/env python3
"""Runs the scenarios (*.test) of this folder against Sluice, or against any Delta Sharing server.

    run.py [--binary build/sluice] [-k FILTER] [--json]
    run.py --endpoint URL --token TOKEN [-k FILTER] [--json]

Without --endpoint it starts one server for each configuration that the scenarios name, on free
ports, and stops it at the end. With --endpoint, scenarios with a configuration or arguments of
their own and requests to the owner's listener are left out. The format is described in README.md.
"""

import argparse
import glob
import json
import os
import re
import shlex
import sys
import tempfile
import time

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
from exchange import Target, Variables, run_exchange  # noqa: E402
from long_table import write_long_table  # noqa: E402
from scenario import ScenarioError, parse_scenario  # noqa: E402
from support.server import REPOSITORY, Server, ServerFailed, binary_path, copy_tables  # noqa: E402


def set_commit_times(folder):
    """Gives each commit's file the time that the commit tells: a checkout does not keep it."""
    for path in glob.glob(os.path.join(folder, "**", "_delta_log", "*.json"), recursive=True):
        with open(path, encoding="utf-8") as file:
            told = re.match(r'\{"commitInfo":\{.*?"timestamp":(\d+)', file.readline())
        if told:
            seconds = int(told[1]) / 1000
            os.utime(path, (seconds, seconds))


class OwnServers:
    """Starts a server for a configuration when it is first asked for."""

    def __init__(self, binary, work, tokens):
        self.binary, self.work, self.tokens, self.servers = binary, work, tokens, {}
        self.places = {
            "TABLES": os.path.join(work, "tables"),
            "EXAMPLES": os.path.join(work, "warehouse"),
            "WORK": work,
        }
        copy_tables(os.path.join(REPOSITORY, "tests", "data", "tables"), self.places["TABLES"])
        copy_tables(os.path.join(REPOSITORY, "examples", "warehouse"), self.places["EXAMPLES"])
        write_long_table(os.path.join(self.places["TABLES"], "long"))
        set_commit_times(work)

    def target(self, scenario):
        key = scenario.server_key()
        if key not in self.servers:
            self.servers[key] = self.start(scenario)
        if isinstance(self.servers[key], Exception):
            raise self.servers[key]
        server = self.servers[key]
        tokens = dict(self.tokens, me=server.token()) if scenario.serve else self.tokens
        return Target(server.endpoint, tokens, server.admin)

    def start(self, scenario):
        number = len(self.servers)
        source = (
            self.fill(scenario.serve)
            if scenario.serve
            else self.write_config(scenario.config, number)
        )
        server = Server(
            source,
            os.path.join(self.work, f"server-{number}"),
            shlex.split(self.fill(scenario.arguments)),
            self.binary,
        )
        try:
            return server.start()
        except (ServerFailed, TimeoutError, OSError) as error:
            return ServerFailed(f"the server for {scenario.server_key()} did not start: {error}")

    def write_config(self, name, number):
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            text = self.fill(file.read())
        path = os.path.join(self.work, f"{number}-{name}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def fill(self, text):
        tokens = {"TOKEN_" + k: v for k, v in self.tokens.items() if v}
        return Variables(self.places | tokens).fill(text)

    def stop(self):
        for server in self.servers.values():
            if isinstance(server, Server):
                server.stop()


class OneEndpoint:
    """Any server that is already running."""

    def __init__(self, endpoint, token, tokens):
        self.only = Target(
            endpoint, {name: token if name == "acme" else t for name, t in tokens.items()}
        )

    def target(self, scenario):
        own = scenario.serve or scenario.config != "server.yaml" or scenario.arguments
        if own or any(e.target.startswith("admin:") for e in scenario.exchanges):
            return None
        return self.only

    def stop(self):
        pass


def load_scenarios(chosen):
    found = []
    for path in sorted(glob.glob(os.path.join(HERE, "**", "*.test"), recursive=True)):
        name = os.path.relpath(path, HERE)
        if chosen in name:
            with open(path, encoding="utf-8") as file:
                found.append(parse_scenario(name, file.read()))
    return found


def run_scenario(scenario, servers):
    """Returns "passed", "skipped" or "failed", and a report."""
    try:
        target = servers.target(scenario)
        if target is None:
            return "skipped", "needs a server of its own"
        variables = Variables(getattr(servers, "places", {}))
        for exchange in scenario.exchanges:
            report = run_exchange(exchange, target, variables)
            if report:
                return (
                    "failed",
                    f"{exchange.method} {exchange.target} (line {exchange.line})\n{report}",
                )
    except (ServerFailed, KeyError, ValueError) as error:
        return "failed", str(error)
    return "passed", ""


def run_all(scenarios, servers, quiet):
    results = []
    for scenario in scenarios:
        started = time.monotonic()
        outcome, report = run_scenario(scenario, servers)
        results.append(
            {
                "name": scenario.name,
                "outcome": outcome,
                "report": report,
                "seconds": round(time.monotonic() - started, 3),
            }
        )
        if not quiet:
            print(f"{outcome:8}{scenario.name}" + (f"\n{report}" if report else ""), flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--binary", default=binary_path())
    parser.add_argument("--endpoint")
    parser.add_argument("--token", default="")
    parser.add_argument(
        "-k", dest="chosen", default="", metavar="FILTER", help="part of the file's name"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with open(os.path.join(HERE, "recipients.yaml"), encoding="utf-8") as file:
        tokens = yaml.safe_load(file)
    try:
        scenarios = load_scenarios(arguments.chosen)
    except ScenarioError as error:
        sys.exit(str(error))
    if not arguments.endpoint and not os.path.exists(arguments.binary):
        sys.exit(f"no server at {arguments.binary}: build it, or give --binary or --endpoint")
    with tempfile.TemporaryDirectory(prefix="sluice-") as work:
        servers = (
            OneEndpoint(arguments.endpoint, arguments.token, tokens)
            if arguments.endpoint
            else OwnServers(arguments.binary, work, tokens)
        )
        try:
            results = run_all(scenarios, servers, arguments.json)
        finally:
            servers.stop()
    return report_totals(results, arguments.json)


def report_totals(results, as_json):
    count = {
        kind: sum(r["outcome"] == kind for r in results) for kind in ("passed", "failed", "skipped")
    }
    if as_json:
        print(json.dumps({"results": results, **count}, indent=1))
    else:
        skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
        print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
    if count["passed"] + count["failed"] == 0:
        print("no scenario ran", file=sys.stderr)
        return 1
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())

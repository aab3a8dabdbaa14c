"""What the dashboard and the alert rules ask for is what a running server tells."""

import json
import os
import re
import subprocess

import pytest
import requests
import yaml
from support.daemon import installed
from support.server import REPOSITORY, Server
from support.web import WebServer, files_below

DASHBOARD = os.path.join(REPOSITORY, "packaging", "grafana", "sluice.json")
RULES = os.path.join(REPOSITORY, "packaging", "prometheus", "sluice.rules.yaml")
RULES_TEST = os.path.join(os.path.dirname(__file__), "rules_test.yaml")
ROWS = ["Now", "Requests", "Latency", "Errors", "Stores", "Tables held open", "Catalog", "Audit", "Process"]
TIMEOUT_S = 60
CONFIGURATION = """
authorization:
  bearerToken: metrics-token
shares:
- name: web
  schemas:
  - name: public
    tables:
    - name: weather
      location: http://127.0.0.1:{port}/weather
sluice:
  privateNetworks: [127.0.0.0/8]
"""


def names_in(expression):
    return set(re.findall(r"\b(?:sluice|process)_[a-z_]+\b", expression))


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


def dashboard_expressions():
    board = dashboard()
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    return found, [variable["definition"] for variable in board["templating"]["list"] if "definition" in variable]


def rule_expressions():
    with open(RULES, encoding="utf-8") as file:
        return [rule["expr"] for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The names that a server tells after one query of a table in a store, with TLS."""
    folder = tmp_path_factory.mktemp("metrics")
    warehouse = os.path.join(REPOSITORY, "examples", "warehouse")
    with WebServer(files_below(warehouse)) as web:
        source = folder / "sluice.yaml"
        source.write_text(CONFIGURATION.format(port=web.server_port))
        with Server(str(source), str(folder / "data"), ["--tls-self-signed"]) as server:
            answer = requests.post(
                server.endpoint + "/shares/web/schemas/public/tables/weather/query",
                json={},
                headers={"Authorization": "Bearer metrics-token"},
                verify=False,
                timeout=TIMEOUT_S,
            )
            assert answer.status_code == 200, answer.text
            text = requests.get(server.admin + "/metrics", timeout=TIMEOUT_S).text
    return {re.match(r"[a-z_]+", line)[0] for line in text.splitlines() if re.match("[a-z]", line)}


def test_server_tells_every_metric_of_the_dashboard(told):
    asked = set().union(*map(names_in, sum(dashboard_expressions(), [])))
    assert len(asked) > 20
    assert asked <= told


def test_server_tells_every_metric_of_the_alert_rules(told):
    asked = set().union(*map(names_in, rule_expressions()))
    assert len(asked) > 10
    assert asked <= told


def test_dashboard_has_its_rows_and_no_panel_over_another():
    panels = dashboard()["panels"]
    assert [panel["title"] for panel in panels if panel["type"] == "row"] == ROWS
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for place in (panel["gridPos"] for panel in panels):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and max(x for x, _ in cells) < 24
        taken |= cells


def test_prometheus_understands_every_expression(tmp_path):
    rules = []
    for expression in dashboard_expressions()[0]:
        filled = expression.replace("$__rate_interval", "5m").replace("$", "")
        rules.append({"record": f"dashboard:{len(rules)}".replace(":", "_"), "expr": filled})
    path = tmp_path / "dashboard.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    for file in (str(path), RULES):
        done = promtool("check", "rules", file)
        assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_are_raised_when_they_should_be():
    done = promtool("test", "rules", RULES_TEST)
    assert done.returncode == 0, done.stdout + done.stderr


def promtool(*arguments):
    program = installed("prometheus", "usr", "bin", "promtool")
    return subprocess.run([program, *arguments], capture_output=True, text=True)

"""The Helm chart: rendered by helm, and each object checked against the schemas that Kubernetes publishes."""

import glob
import os
import subprocess
import sys

import pytest
import yaml
from support.packages import checker
from support.server import REPOSITORY, binary_path

CHART = os.path.join(REPOSITORY, "packaging", "helm", "sluice")
VALUES = sorted(glob.glob(os.path.join(os.path.dirname(__file__), "values", "*.yaml")))
KUBERNETES = ("1.27", "1.37")  # the oldest that the chart takes, and the newest that we have schemas of
OTHERS_KINDS = {"ServiceMonitor"}  # of the Prometheus operator: no schema here


def helm(*arguments):
    return subprocess.run([checker("helm", "helm"), *arguments], capture_output=True, text=True)


def render(values=None, version=KUBERNETES[1], settings=()):
    """The objects, by kind and name."""
    command = ["template", "demo", CHART, "--namespace", "data", "--kube-version", version]
    command += ["--values", values] if values else []
    for setting in settings:
        command += ["--set-json", setting]
    done = helm(*command)
    assert done.returncode == 0, done.stderr
    objects = [part for part in yaml.safe_load_all(done.stdout) if part]
    found = {(part["kind"], part["metadata"]["name"]): part for part in objects}
    assert len(found) == len(objects)
    return found


def values_named(name):
    return next(path for path in VALUES if os.path.basename(path) == name + ".yaml")


def refusal(*settings):
    command = ["template", "demo", CHART, "--kube-version", KUBERNETES[1]]
    for setting in settings:
        command += ["--set-json", setting]
    done = helm(*command)
    assert done.returncode != 0
    return done.stderr


@pytest.fixture(scope="module")
def validate():
    sys.path.append(checker("python"))
    import kubernetes_validate

    yield lambda part, version: kubernetes_validate.validate(part, version, strict=True)
    sys.path.remove(checker("python"))


@pytest.mark.parametrize("values", VALUES, ids=os.path.basename)
def test_linter_has_nothing_to_say(values):
    done = helm("lint", CHART, "--strict", "--kube-version", KUBERNETES[1], "--values", values)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("values", VALUES, ids=os.path.basename)
def test_objects_are_what_kubernetes_takes(values, version, validate):
    for (kind, _), part in render(values, version + ".0").items():
        if kind not in OTHERS_KINDS:
            validate(part, version)


@pytest.mark.parametrize("values", VALUES, ids=os.path.basename)
def test_references_lead_somewhere(values):
    """Services and policies find the pods, ports and volumes have the names that are asked for."""
    objects = render(values)
    [pods] = [part["spec"] for (kind, _), part in objects.items() if kind == "StatefulSet"]
    pod = pods["template"]
    labels = pod["metadata"]["labels"].items()
    [container] = pod["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in pods["volumeClaimTemplates"]}
    for user in [container, *pod["spec"].get("initContainers", [])]:
        assert {mount["name"] for mount in user["volumeMounts"]} <= volumes
    for (kind, name), part in objects.items():
        spec = part.get("spec", {})
        if kind == "Service":
            assert spec["selector"].items() <= labels
            assert {port["targetPort"] for port in spec["ports"]} <= ports
        elif kind in ("NetworkPolicy", "PodDisruptionBudget"):
            selector = spec.get("podSelector") or spec["selector"]
            assert selector["matchLabels"].items() <= labels
        elif kind == "Ingress":
            backend = spec["rules"][0]["http"]["paths"][0]["backend"]["service"]
            assert ("Service", backend["name"]) in objects
        elif kind == "HorizontalPodAutoscaler":
            target = spec["scaleTargetRef"]
            assert (target["kind"], target["name"]) in objects
    assert pods["selector"]["matchLabels"].items() <= labels
    assert ("Service", pods["serviceName"]) in objects
    if container_account := pod["spec"]["serviceAccountName"]:
        assert ("ServiceAccount", container_account) in objects or container_account == "reader"


def test_every_pod_keeps_its_own_records():
    [pods] = [
        part["spec"] for (kind, _), part in render(values_named("fleet")).items() if kind == "StatefulSet"
    ]
    [container] = pods["template"]["spec"]["containers"]
    variables = {variable["name"]: variable for variable in container["env"]}
    assert variables["SLUICE_NODE"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    data = variables["SLUICE_DATA_DIR"]["value"]
    [mount] = [mount for mount in container["volumeMounts"] if data.startswith(mount["mountPath"] + "/")]
    assert mount["name"] == pods["volumeClaimTemplates"][0]["metadata"]["name"]


def test_records_outlive_the_release_unless_told_otherwise():
    for values, kept in (("one_node", "Retain"), ("fleet", "Delete")):
        objects = render(values_named(values))
        [pods] = [part["spec"] for (kind, _), part in objects.items() if kind == "StatefulSet"]
        assert set(pods["persistentVolumeClaimRetentionPolicy"].values()) == {kept}


def test_sets_no_setting_that_the_server_does_not_know():
    known = subprocess.run(
        [binary_path(), "config", "docs"], capture_output=True, text=True, check=True
    ).stdout
    for values in VALUES:
        objects = render(values)
        [pods] = [part["spec"] for (kind, _), part in objects.items() if kind == "StatefulSet"]
        for variable in pods["template"]["spec"]["containers"][0]["env"]:
            assert variable["name"] in known


def test_owners_listener_is_closed_where_it_is_not_wanted():
    objects = render(values_named("closed"))
    assert not [name for kind, name in objects if kind == "Service" and name.endswith("-admin")]
    [pods] = [part["spec"] for (kind, _), part in objects.items() if kind == "StatefulSet"]
    variables = {v["name"]: v.get("value") for v in pods["template"]["spec"]["containers"][0]["env"]}
    assert variables["SLUICE_ADMIN_LISTEN"] == "127.0.0.1:8081"


def test_refuses_what_would_lose_or_contradict_itself():
    assert "database.existingSecret" in refusal("replicas=2")
    assert "keysSecret" in refusal("replicas=2", 'database.existingSecret="d"')
    assert "publicUrl" in refusal("ingress.enabled=true")
    assert "not both" in refusal('config={"shares":[]}', 'configSecret="c"')
    assert "serviceMonitor" in refusal("metrics.serviceMonitor.enabled=true")


def test_refuses_values_that_are_none():
    assert "replica" in refusal("replica=2")
    assert "replicas" in refusal("replicas=0")
    assert "publicUrl" in refusal('publicUrl="data.example.com"')

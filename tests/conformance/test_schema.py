"""The JSON Schemas of scenarios and manifests, judged by a validator that knows nothing of respec."""

import json
import os
import pathlib
import subprocess

import jsonschema
import pytest
import yaml

import fleet
import test_every_operation

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted(ROOT.glob("examples/**/*.cloud.yaml"))


def respec(*words):
    return subprocess.check_output([os.environ["RESPEC_BIN"], *words], text=True)


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(respec("schema", "-scenario"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


MANIFESTS = sorted(set(ROOT.glob("examples/**/*.yaml")) - set(EXAMPLES))
GOOD = sorted(ROOT.glob("tests/manifests/good-*.yaml")) + sorted(ROOT.glob("tests/manifests/good-*/*.yaml"))


@pytest.fixture(scope="module")
def manifests():
    schema = json.loads(respec("schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def read(text):
    """YAML without its dates: in JSON a moment is a text."""
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.yaml_implicit_resolvers = {
        letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(text, loader)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_fits_and_names_its_schema(validator, path):
    text = path.read_text()
    validator.validate(read(text))
    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    named = path.parent / first.split("=", 1)[1]
    assert json.loads(named.read_text()) == json.loads(respec("schema", "-scenario"))


def test_the_fleets_of_this_suite_and_made_up_ones_fit(validator, tmp_path):
    respec("sim", "generate", "--machines", "40", "--seed", "3", "--out", str(tmp_path))
    validator.validate(read((tmp_path / "fleet.cloud.yaml").read_text()))
    validator.validate(json.loads(fleet.cloud()))
    validator.validate(json.loads(test_every_operation.cloud()))


def test_the_scenarios_of_the_manual_fit(validator):
    blocks = (ROOT / "docs/simulator.md").read_text().split("```yaml\n")[1:]
    scenarios = [read(block.split("```")[0]) for block in blocks]
    assert scenarios
    for scenario in scenarios:
        validator.validate(scenario)


@pytest.mark.parametrize(
    "scenario",
    [
        {"delays": {"nap": "3s"}},
        {"delays": {"stop": 3}},
        {"instances": [{"InstanceId": "i-1"}]},
        {"instances": [{"InstanceId": "i-1", "InstanceType": "ecs.g7.large", "Status": "Asleep"}]},
        {"site": "moon"},
    ],
)
def test_what_is_no_scenario_does_not_fit(validator, scenario):
    assert not validator.is_valid(scenario)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_manifest_of_the_examples_fits_and_names_its_schema(manifests, path):
    text = path.read_text()
    manifests.validate(read(text))
    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    named = path.parent / first.split("=", 1)[1]
    assert json.loads(named.read_text()) == json.loads(respec("schema"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_every_good_manifest_of_the_tests_fits(manifests, path):
    manifests.validate(read(path.read_text()))


def test_made_up_manifests_fit(manifests, tmp_path):
    respec("sim", "generate", "--machines", "40", "--seed", "3", "--out", str(tmp_path))
    manifests.validate(read((tmp_path / "fleet.yaml").read_text()))


@pytest.mark.parametrize(
    "manifest",
    [
        {"fleet": "shop"},
        {"version": 1, "fleet": "shop", "account": 1234567890123456},
        {"version": 1, "account": {"session_name": "nightly"}},
        {"version": 1, "account": {"role": "ops"}},
        {"version": 1, "instances": {"db": {"spec": {}}}},
        {"version": 1, "groups": {"web": {"rollout": {"max_unavailable": "half"}}}},
        {"version": 1, "groups": {"web": {"rollout": {"health": {"within": 300}}}}},
        {"version": 1, "defaults": {"region": "cn-hangzhou"}},
    ],
)
def test_what_is_no_manifest_does_not_fit(manifests, manifest):
    assert not manifests.is_valid(manifest)

"""Somebody changes a machine with the vendor's SDK; respec tells which machine and which field."""

import json
import os
import subprocess

import pytest
import yaml

from conftest import dialect, serving
from fleet import DIALECTS

# A thousand times faster: a whole apply takes about a second.
SPEED = 1000


@pytest.mark.parametrize("name", DIALECTS)
def test_a_change_behind_its_back_is_drift(tmp_path, name):
    subprocess.run(
        [os.environ["RESPEC_BIN"], "sim", "generate", "--machines", "12", "--seed", "7", "--out", tmp_path],
        check=True,
    )
    with serving(tmp_path / "fleet.cloud.yaml", SPEED) as sim:
        run = lambda *words: respec(tmp_path, sim, *words)
        assert run("apply", "-auto-approve", "-allow-unknown-price").returncode == 0
        assert run("plan", "-detailed-exitcode").returncode == 0
        assert run("drift").returncode == 0

        machine = a_machine_with_bandwidth(tmp_path)
        sdk = dialect(name)(sim.address, sim.key_id, sim.secret)
        sdk.call("ModifyInstanceNetworkSpec", InstanceId=machine, InternetMaxBandwidthOut=3)

        # The change shows after the simulator's lag, a few milliseconds at this speed.
        for _ in range(100):
            drift = run("drift", "-json")
            if drift.returncode == 2:
                break
        assert drift.returncode == 2
        assert machine in drift.stdout and "max_bandwidth_out" in drift.stdout
        text = run("drift").stdout
        assert machine in text and "max_bandwidth_out" in text


def respec(folder, sim, *words):
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": sim.key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": sim.secret,
        "RESPEC_ENDPOINT": f"http://{sim.address}",
        "RESPEC_SPEED": str(SPEED),
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
    }
    command = [os.environ["RESPEC_BIN"], *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def a_machine_with_bandwidth(folder):
    """A machine whose outbound bandwidth the manifest manages."""
    manifest = yaml.safe_load((folder / "fleet.yaml").read_text())
    for group in manifest["groups"].values():
        if group["spec"].get("internet", {}).get("max_bandwidth_out", 0) > 10:
            return group["ids"][0]
    raise AssertionError(f"no machine with bandwidth in {json.dumps(manifest)[:300]}")

"""`respec sim generate` promises that every difference it makes up can be mended."""

import os
import subprocess
import time

import pytest
import yaml

from conftest import serving
from dialects import V3, Refusal
from fleet import REGION

# Two thousand times faster: a cool-down of five minutes is 0.15 s.
SPEED = 2000
# Stop, change the type, change the bandwidth, start, and a look to see that all is done.
ROUNDS_MAX = 8
TRIES_MAX = 200


@pytest.mark.parametrize("machines, seed", [(1, 3), (12, 2), (150, 1)])
def test_a_made_up_fleet_can_be_brought_to_its_manifest(tmp_path, machines, seed):
    """By hand, in rounds: nothing is refused but a change too soon after another (R52)."""
    wanted = wanted_specs(generate(tmp_path, machines, seed))
    with serving(tmp_path / "fleet.cloud.yaml", SPEED) as sim:
        sdk = V3(sim.address, sim.key_id, sim.secret)
        n_mended = machines
        for _ in range(ROUNDS_MAX):
            found = list_all(sdk)
            assert found.keys() == wanted.keys()
            before, n_mended = n_mended, sum(mend(sdk, found[i], wanted[i]) for i in wanted)
            assert n_mended <= before
            if n_mended == 0:
                return
            time.sleep(0.2)
        raise AssertionError(f"{n_mended} machines are still not as they shall be")


def mend(sdk, found, spec):
    """Takes one machine one call nearer to its spec; whether there was anything to do."""
    if found["InstanceType"] != spec["instance_type"]:
        change_type(sdk, found, spec["instance_type"])
        return True
    if change := network_change(found, spec.get("internet")):
        when_cooled_down(sdk, "ModifyInstanceNetworkSpec", InstanceId=found["InstanceId"], **change)
        return True
    return put_power_right(sdk, found, spec)


def change_type(sdk, found, wanted):
    mine = found["InstanceId"]
    if found["Status"] == "Running":
        sdk.call("StopInstance", InstanceId=mine, StoppedMode="KeepCharging")
    elif found["Status"] == "Stopped" and found["InstanceChargeType"] == "PrePaid":
        upgrade = {"RegionId": REGION, "InstanceType": wanted, "AutoPay": True}
        when_cooled_down(sdk, "ModifyPrepayInstanceSpec", InstanceId=mine, **upgrade)
    elif found["Status"] == "Stopped":
        when_cooled_down(sdk, "ModifyInstanceSpec", InstanceId=mine, InstanceType=wanted)


def network_change(found, internet):
    """What to send, empty when all is well."""
    if internet is None:
        return {}
    fields = {
        "max_bandwidth_out": ("InternetMaxBandwidthOut", "InternetMaxBandwidthOut"),
        "max_bandwidth_in": ("InternetMaxBandwidthIn", "InternetMaxBandwidthIn"),
        "charge_type": ("InternetChargeType", "NetworkChargeType"),
    }
    change = {
        sent: internet[name]
        for name, (shown, sent) in fields.items()
        if name in internet and internet[name] != found[shown]
    }
    if internet["public_ip"] and not found["PublicIpAddress"]["IpAddress"]:
        change["AllocatePublicIp"] = True
    if change:
        # Inbound is bounded by the outbound bandwidth of the same call (R29).
        change["InternetMaxBandwidthOut"] = internet["max_bandwidth_out"]
    else:
        assert internet["public_ip"] == bool(found["PublicIpAddress"]["IpAddress"])
    return change


def put_power_right(sdk, found, spec):
    status, mine = found["Status"].lower(), found["InstanceId"]
    if status == spec["power"]:
        mode = spec.get("stopped_mode")
        assert mode is None or found["StoppedMode"] == mode
        return False
    if status == "stopped":
        sdk.call("StartInstance", InstanceId=mine)
    elif status == "running":
        mode = spec.get("stopped_mode", "KeepCharging")
        sdk.call("StopInstance", InstanceId=mine, StoppedMode=mode)
    return True


def when_cooled_down(sdk, action, **parameters):
    for _ in range(TRIES_MAX):
        try:
            return sdk.call(action, **parameters)
        except Refusal as refusal:
            if refusal.code != "Throttling":
                raise
            time.sleep(0.02)
    raise AssertionError(f"{action} never cooled down")


def generate(folder, machines, seed):
    command = [os.environ["RESPEC_BIN"], "sim", "generate", "--out", str(folder)]
    command += ["--machines", str(machines), "--seed", str(seed), "--changed", "100%"]
    subprocess.run(command, check=True)
    return yaml.safe_load((folder / "fleet.yaml").read_text())


def wanted_specs(manifest):
    wanted = {
        instance_id: group["spec"]
        for group in manifest["groups"].values()
        for instance_id in group["ids"]
    }
    entries = manifest.get("instances", {}).values()
    return wanted | {entry["id"]: entry["spec"] for entry in entries}


def list_all(sdk):
    found, token = {}, None
    while token != "":
        page = sdk.call(
            "DescribeInstances", RegionId=REGION, MaxResults=100, NextToken=token or ""
        )
        found |= {machine["InstanceId"]: machine for machine in page["Instances"]["Instance"]}
        token = page.get("NextToken", "")
    return found

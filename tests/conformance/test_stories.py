"""What a client of the cloud does on a good day, through both SDKs."""

import json

import pytest

import fleet
from conftest import eventually
from dialects import Refusal


def test_the_caller_learns_its_account(sdk):
    assert sdk.identity()["AccountId"] == fleet.ACCOUNT


def test_regions_name_the_region_of_the_fleet(sdk):
    regions = sdk.call("DescribeRegions")["Regions"]["Region"]
    assert fleet.REGION in [region["RegionId"] for region in regions]


def test_250_machines_are_listed_by_token(sdk):
    seen, token, n_pages = [], None, 0
    while token != "":
        page = sdk.call(
            "DescribeInstances", RegionId=fleet.REGION, MaxResults=100, NextToken=token or ""
        )
        seen += ids(page)
        token = page.get("NextToken", "")
        n_pages += 1
        assert n_pages <= 3
    assert n_pages == 3
    assert len(seen) == len(set(seen)) == fleet.N_MACHINES


def test_250_machines_are_listed_by_page_number(sdk):
    seen = []
    for number, size in [(1, 100), (2, 100), (3, 50), (4, 0)]:
        page = sdk.call(
            "DescribeInstances", RegionId=fleet.REGION, PageNumber=number, PageSize=100
        )
        assert page["TotalCount"] == fleet.N_MACHINES
        assert len(ids(page)) == size
        seen += ids(page)
    assert len(set(seen)) == fleet.N_MACHINES


def test_an_unknown_id_is_left_out_of_a_list(sdk, machine):
    wanted = [machine("prepaid"), "i-bp0nobody"]
    page = sdk.call(
        "DescribeInstances", RegionId=fleet.REGION, InstanceIds=json.dumps(wanted)
    )
    assert ids(page) == [machine("prepaid")]


def test_numbers_and_booleans_are_no_strings(sdk, machine):
    shown = show(sdk, machine("prepaid"))
    assert shown["InternetMaxBandwidthOut"] == 20
    assert type(shown["InternetMaxBandwidthOut"]) is int
    assert type(shown["Memory"]) is int
    assert type(shown["IoOptimized"]) is bool
    assert shown["Tags"]["Tag"] == [{"TagKey": "role", "TagValue": "prepaid"}]


def test_a_name_with_a_star_and_a_tag_filter_the_list(sdk):
    by_name = sdk.call(
        "DescribeInstances", RegionId=fleet.REGION, InstanceName="token-*", MaxResults=100
    )
    assert len(ids(by_name)) == len(fleet.DIALECTS)
    odd = sdk.call(
        "DescribeInstances", RegionId=fleet.REGION, InstanceName="~ +/%&=测试*", MaxResults=100
    )
    assert ids(odd) == []


def test_a_permitted_dry_run_is_told_by_a_code(sdk, machine):
    change = {"InstanceId": machine("stopped"), "InstanceType": "ecs.g7.xlarge"}
    for action, parameters in [
        ("DescribeInstances", {"RegionId": fleet.REGION}),
        ("ModifyInstanceSpec", change),
        ("StartInstance", {"InstanceId": machine("stopped")}),
    ]:
        with pytest.raises(Refusal) as refusal:
            sdk.call(action, DryRun=True, **parameters)
        assert refusal.value.code == "DryRunOperation"
    assert show(sdk, machine("stopped"))["Status"] == "Stopped"


def test_stop_change_type_start_and_change_bandwidth(sim, sdk, machine):
    """The whole day of a pay-as-you-go machine, as the truth inside confirms."""
    mine = machine("day")
    sdk.call("StopInstance", InstanceId=mine, StoppedMode="KeepCharging")
    eventually(lambda: show(sdk, mine)["Status"], "Stopped")
    assert show(sdk, mine)["StoppedMode"] == "KeepCharging"

    sdk.call(
        "ModifyInstanceSpec",
        InstanceId=mine,
        InstanceType="ecs.g7.xlarge",
        ClientToken=f"day-type-{sdk.name}",
    )
    eventually(lambda: show(sdk, mine)["InstanceType"], "ecs.g7.xlarge")

    sdk.call("StartInstance", InstanceId=mine)
    eventually(lambda: show(sdk, mine)["Status"], "Running")
    assert show(sdk, mine)["PublicIpAddress"]["IpAddress"] != []

    answer = when_cooled_down(
        lambda: sdk.call(
            "ModifyInstanceNetworkSpec",
            InstanceId=mine,
            InternetMaxBandwidthOut=50,
            ClientToken=f"day-bandwidth-{sdk.name}",
        )
    )
    assert not answer.get("OrderId")
    eventually(lambda: show(sdk, mine)["InternetMaxBandwidthOut"], 50)
    eventually(lambda: show(sdk, mine)["InternetMaxBandwidthIn"], 50)
    assert truth(sim, mine)["EffectiveType"] == "ecs.g7.xlarge"


def test_a_subscription_is_upgraded_once_and_feels_it_after_a_reboot(sim, sdk, machine):
    """R11, R12; the repeated call gives the first order again (section 1.7)."""
    mine = machine("prepaid")
    upgrade = {
        "RegionId": fleet.REGION,
        "InstanceId": mine,
        "InstanceType": "ecs.g7.xlarge",
        "AutoPay": True,
        "ClientToken": f"prepaid-{sdk.name}",
    }
    first = sdk.call("ModifyPrepayInstanceSpec", **upgrade)
    again = sdk.call("ModifyPrepayInstanceSpec", **upgrade)
    assert first["OrderId"] == again["OrderId"]
    orders = [order for order in sim.world()["orders"] if order["InstanceId"] == mine]
    assert [order["OrderId"] for order in orders] == [first["OrderId"]]

    eventually(lambda: show(sdk, mine)["InstanceType"], "ecs.g7.xlarge")
    assert truth(sim, mine)["EffectiveType"] == "ecs.g7.large"
    sdk.call("RebootInstance", InstanceId=mine)
    eventually(lambda: truth(sim, mine)["EffectiveType"], "ecs.g7.xlarge")


def test_an_address_is_given_with_the_first_bandwidth_when_asked_for(sdk, machine):
    mine = machine("address")
    assert show(sdk, mine)["PublicIpAddress"]["IpAddress"] == []
    sdk.call(
        "ModifyInstanceNetworkSpec",
        InstanceId=mine,
        InternetMaxBandwidthOut=5,
        AllocatePublicIp=True,
        ClientToken=f"address-{sdk.name}",
    )
    eventually(lambda: show(sdk, mine)["InternetMaxBandwidthOut"], 5)
    eventually(lambda: len(show(sdk, mine)["PublicIpAddress"]["IpAddress"]), 1)


def test_an_address_can_be_asked_for_afterwards(sdk, machine):
    """R25, the older way."""
    mine = machine("late")
    sdk.call("ModifyInstanceNetworkSpec", InstanceId=mine, InternetMaxBandwidthOut=5)
    eventually(lambda: show(sdk, mine)["InternetMaxBandwidthOut"], 5)
    assert show(sdk, mine)["PublicIpAddress"]["IpAddress"] == []
    address = sdk.call("AllocatePublicIpAddress", InstanceId=mine)["IpAddress"]
    eventually(lambda: show(sdk, mine)["PublicIpAddress"]["IpAddress"], [address])


def test_a_repeated_call_with_its_token_gives_the_first_answer(sdk, machine):
    mine = machine("repeat")
    for _ in range(2):
        sdk.call(
            "ModifyInstanceSpec",
            InstanceId=mine,
            InstanceType="ecs.g7.xlarge",
            ClientToken=f"repeat-{sdk.name}",
        )
    eventually(lambda: show(sdk, mine)["InstanceType"], "ecs.g7.xlarge")


def test_batches_answer_for_each_machine(sdk, machine):
    mine = machine("batch")
    both = {"RegionId": fleet.REGION, "InstanceId": [mine]}
    answer = sdk.call("StopInstances", **both, StoppedMode="KeepCharging")
    entry = answer["InstanceResponses"]["InstanceResponse"][0]
    assert (entry["InstanceId"], entry["Code"]) == (mine, "200")
    assert (entry["PreviousStatus"], entry["CurrentStatus"]) == ("Running", "Stopping")
    eventually(lambda: status(sdk, mine), "Stopped")
    sdk.call("StartInstances", **both)
    eventually(lambda: status(sdk, mine), "Running")


def test_a_reboot_comes_back(sdk, machine):
    mine = machine("reboot")
    sdk.call("RebootInstance", InstanceId=mine)
    eventually(lambda: status(sdk, mine), "Starting")
    eventually(lambda: status(sdk, mine), "Running")


def test_what_a_machine_can_become_is_listed_with_its_stock(sdk, machine):
    answer = sdk.call(
        "DescribeResourcesModification",
        RegionId=fleet.REGION,
        ResourceId=machine("running"),
        DestinationResource="InstanceType",
    )
    zone = answer["AvailableZones"]["AvailableZone"][0]
    offers = zone["AvailableResources"]["AvailableResource"][0]
    offer = {
        offer["Value"]: offer["StatusCategory"]
        for offer in offers["SupportedResources"]["SupportedResource"]
    }
    assert offer["ecs.g7.xlarge"] in ("WithStock", "ClosedWithStock")


def test_types_are_described(sdk):
    answer = sdk.call("DescribeInstanceTypes", InstanceTypes=["ecs.g7.xlarge"])
    (found,) = answer["InstanceTypes"]["InstanceType"]
    assert found["InstanceTypeId"] == "ecs.g7.xlarge"
    assert (found["CpuCoreCount"], found["MemorySize"]) == (4, 16)


def when_cooled_down(ask):
    """Asks until the five minutes after a change are over (R52)."""
    answers = []

    def look():
        try:
            answers.append(ask())
        except Refusal as refusal:
            return refusal.code
        return "done"

    assert look() == "Throttling"
    eventually(look, "done")
    return answers[-1]


def ids(page):
    return [instance["InstanceId"] for instance in page["Instances"]["Instance"]]


def show(sdk, instance_id):
    page = sdk.call(
        "DescribeInstances", RegionId=fleet.REGION, InstanceIds=json.dumps([instance_id])
    )
    (instance,) = page["Instances"]["Instance"]
    return instance


def truth(sim, instance_id):
    """The machine as it is inside, without lag."""
    machines = sim.world()["instances"]
    return next(machine for machine in machines if machine["InstanceId"] == instance_id)


def status(sdk, instance_id):
    answer = sdk.call("DescribeInstanceStatus", RegionId=fleet.REGION, InstanceId=[instance_id])
    (entry,) = answer["InstanceStatuses"]["InstanceStatus"]
    return entry["Status"]

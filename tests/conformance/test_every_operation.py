"""Every operation through every SDK and dialect: the same question gets the same answer everywhere.

The table names one harmless call for each operation that reads; those that change have machines of
their own. That nothing is left out is checked against what the simulator says it answers.
"""

import contextlib
import json
import os
import subprocess

import pytest

import dialects
import fleet
from conftest import eventually, serving
from dialects import Refusal

SPEED = 1000
ACCOUNT = int(fleet.ACCOUNT)
ROLE = f"acs:ram::{fleet.ACCOUNT}:role/deploy"
HERE = {"RegionId": fleet.REGION}


def one(name):
    return f"i-bp9{name}"


ONE = one("still")
PAID = one("paid")

READS = {
    "DescribeAccountAttributes": HERE | {"AttributeName": ["max-postpaid-instance-vcpu-count"]},
    "DescribeBandwidthLimitation": HERE | {"InstanceType": "ecs.g7.large"},
    "DescribeDisks": HERE | {"InstanceId": ONE},
    "DescribeInstanceAttachmentAttributes": HERE | {"InstanceIds": json.dumps([ONE])},
    "DescribeInstanceAttribute": {"InstanceId": ONE},
    "DescribeInstanceAutoRenewAttribute": HERE | {"InstanceId": PAID},
    "DescribeInstanceMaintenanceAttributes": HERE | {"InstanceId": [ONE]},
    "DescribeInstanceModificationPrice": HERE | {"InstanceId": PAID, "InstanceType": "ecs.g7.xlarge"},
    "DescribeInstanceRamRole": HERE | {"InstanceIds": json.dumps([ONE])},
    "DescribeInstanceStatus": HERE | {"InstanceId": [ONE, PAID]},
    "DescribeInstanceTypeFamilies": HERE | {},
    "DescribeInstanceTypes": {"InstanceTypes": ["ecs.g7.large"]},
    "DescribeInstances": HERE | {"InstanceIds": json.dumps([ONE, PAID])},
    "DescribeNetworkInterfaces": HERE | {"InstanceId": ONE},
    "DescribePrice": HERE | {"InstanceType": "ecs.g7.large"},
    "DescribeRegions": {"AcceptLanguage": "en-US"},
    "DescribeResourcesModification": HERE
    | {"ResourceId": ONE, "DestinationResource": "InstanceType", "InstanceType": "ecs.g7.xlarge"},
    "DescribeUserData": HERE | {"InstanceId": ONE},
    "GetCallerIdentity": {},
    "GetOrderDetail": {"OrderId": "the first"},
    "QueryAccountBalance": {},
    "QueryAvailableInstances": {"InstanceIDs": ONE},
    "QueryOrders": {"OrderType": "Upgrade", "CreateTimeStart": "2020-01-01T00:00:00Z"},
}

# Operations that change, with the machine each has in each dialect, and the order of the story.
CHANGES = [
    "AllocatePublicIpAddress",
    "AssumeRole",
    "CancelOrder",
    "DeleteInstance",
    "ModifyInstanceAutoRenewAttribute",
    "ModifyInstanceChargeType",
    "ModifyInstanceNetworkSpec",
    "ModifyInstanceSpec",
    "ModifyPrepayInstanceSpec",
    "PayOrder",
    "RebootInstance",
    "RebootInstances",
    "StartInstance",
    "StartInstances",
    "StopInstance",
    "StopInstances",
]

# Seen by a story of its own: one is not signed, the other is not in an SDK of its own.
ELSEWHERE = ["AssumeRoleWithOIDC", "DescribeEndpoints"]

PRODUCTS = {
    operation["name"]: operation["product"]
    for operation in json.loads(
        subprocess.check_output([os.environ["RESPEC_BIN"], "sim", "operations", "-json"])
    )["operations"]
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    scenario = tmp_path_factory.mktemp("sim") / "every.cloud.yaml"
    scenario.write_text(cloud())
    with serving(scenario, SPEED) as server:
        yield server


def cloud():
    paid = {"InstanceChargeType": "PrePaid", "ExpiredTime": "2035-01-15T16:00Z"}
    empty = {"InternetMaxBandwidthOut": 0, "PublicIpAddress": {"IpAddress": []}}
    machines = [fleet.instance(ONE, "still", 1), fleet.instance(PAID, "paid", 2, **paid)]
    for at, name in enumerate(dialects.ALL, 3):
        machines += [
            fleet.instance(one(f"{name}power"), name, at, **empty),
            fleet.instance(one(f"{name}term"), name, at, **paid),
            fleet.instance(one(f"{name}gone"), name, at, Status="Stopped"),
        ]
    delays = {"stop": "2s", "start": "2s", "modify": "1s", "prepaid_modify": "1s", "lag": "0s", "answer": "0s"}
    return json.dumps(
        {"account": fleet.ACCOUNT, "delays": delays, "cool_down": "1s", "instances": machines}
        | {"balance": {"available": 10_000_000}}
    )


@pytest.fixture(params=dialects.ALL)
def sdk(request, house):
    return dialects.ALL[request.param](house.address, house.key_id, house.secret)


@pytest.fixture(scope="module")
def first_order(house):
    """An order that is there before anybody looks."""
    sdk = dialects.V1(house.address, house.key_id, house.secret)
    upgrade = HERE | {"InstanceId": PAID, "InstanceType": "ecs.r7.large", "AutoPay": False}
    return sdk.call("ModifyPrepayInstanceSpec", **upgrade)["OrderId"]


def test_no_operation_is_left_out():
    assert sorted([*READS, *CHANGES, *ELSEWHERE]) == sorted(PRODUCTS)


@pytest.mark.parametrize("action", READS)
def test_a_read_is_answered_alike_in_every_dialect(house, first_order, action):
    parameters = READS[action] | ({"OrderId": first_order} if "OrderId" in READS[action] else {})
    answers = {}
    for name, dialect in dialects.ALL.items():
        sdk = dialect(house.address, house.key_id, house.secret)
        answer = sdk.call(action, PRODUCTS[action], **parameters)
        assert answer.pop("RequestId")
        answers[name] = answer
    written = answers["v1"]
    assert written
    assert answers["v1get"] == answers["v1form"] == answers["tea"] == written
    # What the models of the current SDK do not know, they drop: so they know everything.
    assert answers["v3"] == written
    assert answers["v1xml"].pop("") == f"{action}Response"
    assert as_text(answers["v1xml"]) == as_text(written)


def as_text(value):
    """What JSON and XML have in common: an absent list is an empty one, a list of one is the one."""
    if isinstance(value, dict):
        found = {name: as_text(entry) for name, entry in value.items()}
        return {name: entry for name, entry in found.items() if entry not in ("", {}, [])}
    if isinstance(value, list):
        entries = [as_text(entry) for entry in value]
        return entries[0] if len(entries) == 1 else entries
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def test_a_machine_goes_through_all_its_changes(house, sdk):
    """Power, type, bandwidth and address of a pay-as-you-go machine, which then becomes a subscription."""
    mine = one(f"{sdk.name}power")
    call = lambda action, **more: sdk.call(action, PRODUCTS[action], InstanceId=mine, **more)
    both = HERE | {"InstanceId": [mine]}
    shows = lambda **fields: eventually(lambda: {name: show(house, mine)[name] for name in fields}, fields)

    call("StopInstance", ForceStop=False, StoppedMode="Not-applicable")
    shows(Status="Stopped")
    call("ModifyInstanceSpec", InstanceType="ecs.g7.xlarge", ClientToken=f"{sdk.name}-type")
    shows(InstanceType="ecs.g7.xlarge")
    call("StartInstance")
    shows(Status="Running")
    call("RebootInstance")
    shows(Status="Running")
    when_rested(lambda: call("ModifyInstanceNetworkSpec", InternetMaxBandwidthOut=5))
    shows(InternetMaxBandwidthOut=5)
    address = call("AllocatePublicIpAddress")["IpAddress"]
    shows(PublicIpAddress={"IpAddress": [address]})
    for action, state in [
        ("StopInstances", "Stopped"),
        ("StartInstances", "Running"),
        ("RebootInstances", "Running"),
    ]:
        answer = sdk.call(action, **both)["InstanceResponses"]["InstanceResponse"]
        entry = answer[0] if isinstance(answer, list) else answer
        assert (entry["InstanceId"], entry["Code"]) == (mine, "200")
        shows(Status=state)
    parameters = {"InstanceIds": json.dumps([mine]), "Period": 1, "InstanceChargeType": "PrePaid"}
    order = sdk.call("ModifyInstanceChargeType", **HERE, **parameters)["OrderId"]
    shows(InstanceChargeType="PrePaid")
    assert payment(house, order) == "Paid"


def test_a_subscription_is_ordered_paid_cancelled_and_renewed(house, sdk):
    mine = one(f"{sdk.name}term")
    upgrade = lambda target: sdk.call(
        "ModifyPrepayInstanceSpec", **HERE, InstanceId=mine, InstanceType=target, AutoPay=False
    )["OrderId"]
    bss = lambda action, **more: sdk.call(action, PRODUCTS[action], **more)

    order = upgrade("ecs.g7.xlarge")
    assert bss("CancelOrder", OrderId=order)["Code"] == "Success"
    assert payment(house, order) == "Cancelled"
    order = upgrade("ecs.g7.xlarge")
    payer = {"BuyerId": ACCOUNT, "PayerId": ACCOUNT, "PaySubmitUid": ACCOUNT, "Token": "any"}
    assert bss("PayOrder", OrderId=order, **payer)["OrderId"] == order
    eventually(lambda: show(house, mine)["InstanceType"], "ecs.g7.xlarge")
    with pytest.raises(Refusal) as refusal:
        bss("CancelOrder", OrderId=order)
    assert refusal.value.code == "InvalidParameter"
    renewal = {"RenewalStatus": "AutoRenewal", "Duration": 1, "PeriodUnit": "Year"}
    sdk.call("ModifyInstanceAutoRenewAttribute", **HERE, InstanceId=mine, **renewal)
    judge = dialects.V1(house.address, house.key_id, house.secret)
    told = judge.call("DescribeInstanceAutoRenewAttribute", **HERE, InstanceId=mine)
    (entry,) = told["InstanceRenewAttributes"]["InstanceRenewAttribute"]
    assert (entry["RenewalStatus"], entry["Duration"], entry["PeriodUnit"]) == ("AutoRenewal", 1, "Year")


def test_a_machine_is_released(house, sdk):
    mine = one(f"{sdk.name}gone")
    sdk.call("DeleteInstance", InstanceId=mine)
    assert mine not in [machine["InstanceId"] for machine in house.world()["instances"]]


def test_the_keys_of_a_role_sign_in_every_dialect(house, sdk):
    answer = sdk.call("AssumeRole", "Sts", RoleArn=ROLE, RoleSessionName="conformance")
    keys = answer["Credentials"]
    mine = type(sdk)(
        house.address, keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"]
    )
    who = mine.call("GetCallerIdentity", "Sts")
    assert who["Arn"] == f"acs:sts::{fleet.ACCOUNT}:assumed-role/deploy/conformance"


def test_a_token_of_a_provider_gets_keys_without_a_signature(house):
    from alibabacloud_sts20150401 import models

    sdk = dialects.V3(house.address, "", "")
    request = models.AssumeRoleWithOIDCRequest(
        oidcprovider_arn=f"acs:ram::{fleet.ACCOUNT}:oidc-provider/runner",
        oidctoken="a token that cannot be checked",
        role_arn=ROLE,
        role_session_name="conformance",
    )
    client = dialects.StsClient(sdk.config)
    keys = client.assume_role_with_oidc(request).body.to_map()["Credentials"]
    mine = dialects.V3(
        house.address, keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"]
    )
    assert mine.identity()["IdentityType"] == "AssumedRoleUser"


def test_the_location_service_names_this_very_address(house):
    for name in ("v1", "v1get", "tea"):
        sdk = dialects.ALL[name](house.address, house.key_id, house.secret)
        answer = sdk.call("DescribeEndpoints", "Location", Id=fleet.REGION, ServiceCode="ecs", Type="openAPI")
        (endpoint,) = answer["Endpoints"]["Endpoint"]
        assert endpoint["Endpoint"] == house.address


def when_rested(ask):
    """Asks until the cool-down is over (R52)."""

    def look():
        with contextlib.suppress(Refusal):
            ask()
            return "done"
        return "resting"

    eventually(look, "done")


def show(house, instance_id):
    judge = dialects.V1(house.address, house.key_id, house.secret)
    page = judge.call("DescribeInstances", **HERE, InstanceIds=json.dumps([instance_id]))
    (instance,) = page["Instances"]["Instance"]
    return instance


def payment(house, order):
    (found,) = [entry for entry in house.world()["orders"] if entry["OrderId"] == order]
    return found["Payment"]

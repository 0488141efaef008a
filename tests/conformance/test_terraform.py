"""The very calls of Terraform's provider, in the order and the dialect in which it makes them.

The provider itself is not run. What it sends and what it insists on finding in the answers is
written down here from its sources: a field it looks up without asking first makes it fail or panic.
"""

import json

import pytest

import dialects
import fleet
from conftest import eventually, serving
from dialects import Refusal

SPEED = 1000
MACHINES = {
    "hour": {},
    "term": {"InstanceChargeType": "PrePaid", "ExpiredTime": "2035-01-15T16:00Z"},
    "bare": {"InternetMaxBandwidthOut": 0, "PublicIpAddress": {"IpAddress": []}},
}
ATTRIBUTES = ["META_OPTIONS", "DDH_CLUSTER", "NETWORK_PRIMARY_ENI_IP", "LOGIN_AS_NON_ROOT", "DISK_HIGH_DENSITY_MODE"]
HERE = {"RegionId": fleet.REGION}

# What a refresh reads into its state, and what makes an empty plan.
READ_INTO_STATE = """
    InstanceId InstanceName Description Status ZoneId RegionId HostName ImageId InstanceType
    InternetMaxBandwidthOut InternetMaxBandwidthIn InternetChargeType InstanceChargeType CreationTime
    StartTime ExpiredTime AutoReleaseTime KeyPairName SpotStrategy SpotPriceLimit SpotDuration
    DeletionProtection CreditSpecification ResourceGroupId StoppedMode Cpu Memory OSName OSType Tags
    SecurityGroupIds PublicIpAddress InnerIpAddress VpcAttributes NetworkInterfaces MetadataOptions
    DedicatedHostAttribute ImageOptions AdditionalInfo HpcClusterId DeploymentSetId
    SpotInterruptionBehavior
""".split()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    machines = [
        fleet.instance(f"i-bp8{name}", name, at, **fields)
        for at, (name, fields) in enumerate(MACHINES.items(), 1)
    ]
    delays = {"stop": "2s", "start": "2s", "modify": "1s", "prepaid_modify": "6s", "lag": "1s", "answer": "0s"}
    scenario = tmp_path_factory.mktemp("sim") / "terraform.cloud.yaml"
    scenario.write_text(
        json.dumps({"account": fleet.ACCOUNT, "delays": delays, "instances": machines})
    )
    with serving(scenario, SPEED) as server:
        yield server


class Provider:
    """Both of its clients, named by how they write: all in the query, or the business in a form."""

    def __init__(self, house):
        keys = (house.address, house.key_id, house.secret)
        self.typed = dialects.V1(*keys)
        self.rpc = dialects.Tea(*keys)

    def refresh(self, instance_id):
        """One Read of the resource; an import is nothing else."""
        listed = {"InstanceIds": json.dumps([instance_id])}
        named = {"InstanceId": instance_id}
        (instance,) = self.typed.call(
            "DescribeInstances", **HERE, **listed, AdditionalAttributes=ATTRIBUTES
        )["Instances"]["Instance"]
        assert [name for name in READ_INTO_STATE if name not in instance] == []

        disk = self.rpc.call("DescribeDisks", **HERE, **named)["Disks"]["Disk"][0]
        assert disk["InstanceId"] == instance_id
        for name in ("DiskId", "Category", "Size", "DiskName", "Description", "Encrypted", "KMSKeyId"):
            assert name in disk
        assert self.typed.call("DescribeUserData", **HERE, **named)["UserData"] == ""
        roles = self.typed.call("DescribeInstanceRamRole", **HERE, **listed)
        assert type(roles["InstanceRamRoleSets"]["InstanceRamRoleSet"]) is list

        cards = self.rpc.call("DescribeNetworkInterfaces", **HERE, **named, Type="Primary")
        card = cards["NetworkInterfaceSets"]["NetworkInterfaceSet"][0]
        again = self.rpc.call(
            "DescribeNetworkInterfaces", **HERE, NetworkInterfaceId=[card["NetworkInterfaceId"]]
        )
        assert again["NetworkInterfaceSets"]["NetworkInterfaceSet"] == [card]
        for address in card["PrivateIpSets"]["PrivateIpSet"]:
            assert type(address["Primary"]) is bool
        for name in ("Attachment", "SecurityGroupIds", "Ipv6Sets"):
            assert type(card[name]) is dict

        kept = self.rpc.call("DescribeInstanceMaintenanceAttributes", **HERE, InstanceId=[instance_id])
        (kept,) = kept["MaintenanceAttributes"]["MaintenanceAttribute"]
        assert kept["InstanceId"] == instance_id
        assert type(kept["ActionOnMaintenance"]) is dict
        assert self.typed.call("DescribeInstanceAttribute", **named)["InstanceId"] == instance_id
        attached = self.rpc.call("DescribeInstanceAttachmentAttributes", **HERE, **listed)
        assert len(attached["Instances"]["Instance"]) == 1
        if instance["InstanceChargeType"] == "PrePaid":
            renewal = self.typed.call("DescribeInstanceAutoRenewAttribute", **HERE, **named)
            (renewal,) = renewal["InstanceRenewAttributes"]["InstanceRenewAttribute"]
            assert renewal["RenewalStatus"] == "Normal"
        (other,) = self.rpc.call("DescribeInstances", **HERE, **listed)["Instances"]["Instance"]
        assert other.items() <= instance.items()
        return instance

    def until(self, instance_id, **fields):
        def look():
            listed = {"InstanceIds": json.dumps([instance_id])}
            (seen,) = self.typed.call("DescribeInstances", **HERE, **listed)["Instances"]["Instance"]
            return {name: seen[name] for name in fields}

        eventually(look, fields)

    def retried(self, codes, ask):
        """Its way with refusals: the listed codes are asked again for minutes."""
        answers = []

        def look():
            try:
                answers.append(ask())
            except Refusal as refusal:
                assert refusal.code in codes
                return refusal.code
            return "done"

        eventually(look, "done")
        return answers[-1]

    def change_type(self, instance_id, action, target, **more):
        """Stop, change, wait, start: whatever the billing method."""
        stop = {"InstanceId": instance_id, "ForceStop": False, "StoppedMode": "Not-applicable"}
        self.retried(["IncorrectInstanceStatus"], lambda: self.typed.call("StopInstance", **stop))
        self.until(instance_id, Status="Stopped")
        change = {"InstanceId": instance_id, "InstanceType": target} | more
        self.retried(["Throttling"], lambda: self.typed.call(action, **change))
        self.until(instance_id, InstanceType=target)
        start = {"InstanceId": instance_id}
        self.retried(["IncorrectInstanceStatus"], lambda: self.typed.call("StartInstance", **start))
        self.until(instance_id, Status="Running")


@pytest.mark.parametrize("name", MACHINES)
def test_an_import_finds_everything_it_insists_on(house, name):
    machine = Provider(house).refresh(f"i-bp8{name}")
    assert machine["Tags"]["Tag"] == [{"TagKey": "role", "TagValue": name}]


def test_a_machine_that_is_gone_is_an_empty_list(house):
    nobody = {"InstanceIds": json.dumps(["i-bp8nobody"])}
    page = Provider(house).typed.call("DescribeInstances", **HERE, **nobody)
    assert page["Instances"]["Instance"] == []


def test_a_type_change_of_either_billing_method(house):
    provider = Provider(house)
    provider.change_type("i-bp8hour", "ModifyInstanceSpec", "ecs.g7.xlarge", ClientToken="tf-hour")
    provider.change_type("i-bp8term", "ModifyPrepayInstanceSpec", "ecs.g7.xlarge", AutoPay=True)
    provider.change_type("i-bp8term", "ModifyPrepayInstanceSpec", "ecs.g7.large", OperatorType="downgrade")
    kinds = [order["OrderType"] for order in house.world()["orders"]]
    assert kinds == ["Upgrade", "Downgrade"]
    for name in ("hour", "term"):
        assert provider.refresh(f"i-bp8{name}")["Status"] == "Running"


def test_a_bandwidth_change_with_and_without_an_address_of_its_own(house):
    provider = Provider(house)
    busy = ["Throttling", "LastOrderProcessing", "LastRequestProcessing"]
    for name, out in [("term", 10), ("bare", 5)]:
        machine = f"i-bp8{name}"
        change = {
            "InstanceId": machine,
            "NetworkChargeType": "PayByTraffic",
            "InternetMaxBandwidthOut": out,
            "ClientToken": f"tf-{name}",
        }
        provider.retried(busy, lambda: provider.typed.call("ModifyInstanceNetworkSpec", **change))
        provider.until(machine, InternetMaxBandwidthOut=out, InternetChargeType="PayByTraffic")
    # Pay-as-you-go has its address to ask for; a subscription is given one.
    address = provider.typed.call("AllocatePublicIpAddress", InstanceId="i-bp8bare")["IpAddress"]
    provider.until("i-bp8bare", PublicIpAddress={"IpAddress": [address]})


def test_the_account_is_told_apart_by_what_it_has(house):
    """What the provider asks the billing service when it starts."""
    answer = Provider(house).rpc.call(
        "QueryAvailableInstances", "BssOpenApi", ProductCode="ecs", SubscriptionType="Subscription", PageSize=10
    )
    assert (answer["Code"], answer["Success"]) == ("Success", True)
    assert [entry["InstanceID"] for entry in answer["Data"]["InstanceList"]] == ["i-bp8term"]

"""What the cloud refuses, with which code and HTTP status, through both SDKs."""

import json

import pytest

import fleet
from conftest import dialect, eventually
from dialects import Refusal

NOBODY = "i-bp0nobody"


@pytest.mark.parametrize(
    "action, parameters",
    [
        ("StopInstance", {}),
        ("StartInstance", {}),
        ("ModifyInstanceSpec", {"InstanceType": "ecs.g7.xlarge"}),
        ("ModifyInstanceNetworkSpec", {"InternetMaxBandwidthOut": 5}),
        (
            "ModifyPrepayInstanceSpec",
            {"InstanceType": "ecs.g7.xlarge", "RegionId": fleet.REGION},
        ),
    ],
)
def test_an_unknown_machine(sdk, action, parameters):
    refused(
        "InvalidInstanceId.NotFound",
        404,
        lambda: sdk.call(action, InstanceId=NOBODY, **parameters),
    )


def test_a_type_change_while_running(sdk, machine):
    """R2."""
    refused("InvalidInstanceStatus.NotStopped", 400, lambda: change_type(sdk, machine("running")))


def test_a_start_while_running_and_a_stop_while_stopped(sdk, machine):
    refused(
        "IncorrectInstanceStatus",
        403,
        lambda: sdk.call("StartInstance", InstanceId=machine("running")),
    )
    refused(
        "IncorrectInstanceStatus",
        403,
        lambda: sdk.call("StopInstance", InstanceId=machine("stopped")),
    )


def test_the_call_for_pay_as_you_go_on_a_subscription(sdk, machine):
    """R1."""
    refused("ChargeTypeViolation", 403, lambda: change_type(sdk, machine("unpaid")))


def test_the_call_for_subscriptions_on_pay_as_you_go(sdk, machine):
    """R10."""
    refused(
        "InvalidBillingMethod.ValueNotSupported",
        400,
        lambda: sdk.call(
            "ModifyPrepayInstanceSpec",
            RegionId=fleet.REGION,
            InstanceId=machine("running"),
            InstanceType="ecs.g7.xlarge",
        ),
    )


def test_type_and_bandwidth_in_one_call(sdk, machine):
    """R3."""
    refused(
        "InvalidParameter.Mismatch",
        400,
        lambda: change_type(sdk, machine("stopped"), InternetMaxBandwidthOut=30),
    )


def test_more_bandwidth_than_traffic_billing_has(sdk, machine):
    """R28."""
    refused(
        "InvalidInternetMaxBandwidthOut.ValueNotSupported",
        400,
        lambda: sdk.call(
            "ModifyInstanceNetworkSpec",
            InstanceId=machine("running"),
            InternetMaxBandwidthOut=101,
        ),
    )


def test_another_change_within_five_minutes(sdk, machine):
    """R55 while the first change is under way, R52 from then on."""
    mine = machine("cooling")
    more_bandwidth = {"InstanceId": mine, "InternetMaxBandwidthOut": 30}
    again = lambda: sdk.call("ModifyInstanceNetworkSpec", **more_bandwidth)
    change_type(sdk, mine)
    refused("LastRequestProcessing", 400, again)
    eventually(lambda: shown_type(sdk, mine), "ecs.g7.xlarge")
    refused("Throttling", 400, again)


def test_a_token_used_again_with_other_parameters(sdk, machine):
    token = f"token-{sdk.name}"
    change_type(sdk, machine("token"), ClientToken=token)
    refused(
        "IdempotenceParamNotMatch",
        400,
        lambda: sdk.call(
            "ModifyInstanceSpec",
            InstanceId=machine("token"),
            InstanceType="ecs.g7.2xlarge",
            ClientToken=token,
        ),
    )


def test_a_token_too_long(sdk, machine):
    """R56."""
    refused(
        "InvalidClientToken.ValueNotSupported",
        400,
        lambda: change_type(sdk, machine("stopped"), ClientToken="x" * 65),
    )


def test_an_unpaid_order_stands_in_the_way_until_it_is_paid(sim, sdk, machine):
    """R43, R45."""
    mine = machine("unpaid")
    upgrade = {
        "RegionId": fleet.REGION,
        "InstanceId": mine,
        "InstanceType": "ecs.g7.xlarge",
        "AutoPay": False,
    }
    order = sdk.call("ModifyPrepayInstanceSpec", **upgrade)["OrderId"]
    assert order.isdigit()
    refused(
        "InvalidInstance.UnpaidOrder",
        400,
        lambda: sdk.call("ModifyPrepayInstanceSpec", **upgrade),
    )
    sim.console("pay", OrderId=order)
    eventually(lambda: shown_type(sdk, mine), "ecs.g7.xlarge")


def test_a_call_too_many_says_how_long_to_wait(sdk, machine):
    """Section 1.6: `Throttling.User`, with `x-acs-retry-after` in milliseconds."""

    def look():
        try:
            sdk.call(
                fleet.THROTTLED,
                RegionId=fleet.REGION,
                InstanceId=[machine("running")],
                DryRun=True,
            )
        except Refusal as refusal:
            return refusal
        raise AssertionError("a dry run always ends in a code")

    eventually(lambda: look().code, "DRYRUN.SUCCESS")
    refusal = look()
    assert (refusal.code, refusal.status) == ("Throttling.User", 400)
    if sdk.name == "v3":
        # The older SDK does not hand out headers.
        assert 0 < refusal.__cause__.retry_after <= fleet.THROTTLED_FOR * 1000


def test_a_wrong_secret(sim, sdk):
    stranger = dialect(sdk.name)(sim.address, sim.key_id, "not-the-secret")
    # The older SDK compares the string that the server signed with its own, finds them equal,
    # and so can tell its user that it is the secret that is wrong.
    code = {"v1": "InvalidAccessKeySecret", "v3": "SignatureDoesNotMatch"}[sdk.name]
    refused(code, 400, lambda: stranger.call("DescribeRegions"))


def test_an_unknown_key(sim, sdk):
    stranger = dialect(sdk.name)(sim.address, "nobody", sim.secret)
    refused("InvalidAccessKeyId.NotFound", 404, lambda: stranger.call("DescribeRegions"))


def test_an_unknown_operation(sdk):
    refused("InvalidAction.NotFound", 404, lambda: sdk.call_unknown("DescribeNothingAtAll"))


def change_type(sdk, instance_id, **parameters):
    return sdk.call(
        "ModifyInstanceSpec", InstanceId=instance_id, InstanceType="ecs.g7.xlarge", **parameters
    )


def shown_type(sdk, instance_id):
    page = sdk.call(
        "DescribeInstances", RegionId=fleet.REGION, InstanceIds=json.dumps([instance_id])
    )
    return page["Instances"]["Instance"][0]["InstanceType"]


def refused(code, status, ask):
    """Expects one refusal, which always says which request it answers."""
    with pytest.raises(Refusal) as refusal:
        ask()
    assert (refusal.value.code, refusal.value.status) == (code, status)
    assert refusal.value.request_id

"""The fleet of the suite: 250 machines, each story on machines of its own."""

import json

N_MACHINES = 250
REGION = "cn-hangzhou"
ACCOUNT = "1234567890123456"
DIALECTS = ("v1", "v3")

# An operation that may be called once in so many seconds, and that no other story uses.
THROTTLED = "RebootInstances"
THROTTLED_FOR = 300

# One machine a story and dialect: what one story does to a machine never shows in another.
STORIES = {
    "day": {},
    "running": {},
    "stopped": {"Status": "Stopped"},
    "prepaid": {"InstanceChargeType": "PrePaid", "ExpiredTime": "2035-01-15T16:00Z"},
    "unpaid": {"InstanceChargeType": "PrePaid", "ExpiredTime": "2035-01-15T16:00Z"},
    "address": {"InternetMaxBandwidthOut": 0, "PublicIpAddress": {"IpAddress": []}},
    "late": {"InternetMaxBandwidthOut": 0, "PublicIpAddress": {"IpAddress": []}},
    "token": {"Status": "Stopped"},
    "repeat": {"Status": "Stopped"},
    "cooling": {"Status": "Stopped"},
    "batch": {},
    "reboot": {},
}


def machine(story, dialect):
    """The id of the machine on which a story is played in one dialect."""
    return f"i-bp0{dialect}{story}".ljust(22, "0")


def cloud():
    """The scenario, as JSON, which is YAML too."""
    machines = [
        instance(machine(story, dialect), f"{story}-{dialect}", index, **fields)
        for index, (story, dialect, fields) in enumerate(
            (story, dialect, fields)
            for story, fields in STORIES.items()
            for dialect in DIALECTS
        )
    ]
    for index in range(len(machines), N_MACHINES):
        machines.append(instance(f"i-bp1crowd{index:012}", f"crowd-{index:03}", index))
    return json.dumps(
        {
            "account": ACCOUNT,
            "region": REGION,
            # A minute is 0.6 s at the suite's speed. What has to be seen lasts long enough for a slow client on a
            # busy machine, and the cool-down outlasts it.
            "delays": {"stop": "30s", "start": "300s", "modify": "150s"},
            "cool_down": "1200s",
            "throttle": {THROTTLED: {"calls": 1, "per": f"{THROTTLED_FOR}s"}},
            "balance": {"currency": "CNY", "available": 1_000_000},
            "instances": machines,
        }
    )


def instance(instance_id, name, index, **fields):
    return {
        "InstanceId": instance_id,
        "InstanceName": name,
        "ZoneId": "cn-hangzhou-h",
        "InstanceType": "ecs.g7.large",
        "Status": "Running",
        "InstanceChargeType": "PostPaid",
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthOut": 20,
        "InternetMaxBandwidthIn": 20,
        "PublicIpAddress": {"IpAddress": [f"198.18.0.{index}"]},
        "Tags": {"Tag": [{"TagKey": "role", "TagValue": name.split("-")[0]}]},
    } | fields

"""After a run the vendor's billing SDK lists the same orders, amounts and states as `respec orders list`."""

import json
import time
from decimal import Decimal

from conftest import dialect, serving
from test_drift import SPEED, respec

MANIFEST = """
version: 1
fleet: shop
region: cn-hangzhou
defaults: {payment: await, rollout: {max_unavailable: 100%}}
instances:
  up-1: {id: i-1, spec: {instance_type: ecs.g7.xlarge}}
  up-2: {id: i-2, payment: auto, spec: {instance_type: ecs.g7.xlarge}}
  up-3: {id: i-3, spec: {instance_type: ecs.g7.xlarge}}
  down: {id: i-4, spec: {instance_type: ecs.g7.large}}
"""

CLOUD = "instances:\n" + "".join(
    f"- {{InstanceId: i-{n}, InstanceType: ecs.g7.{size}, InstanceChargeType: PrePaid}}\n"
    for n, size in enumerate(["large", "large", "large", "xlarge"], 1)
)


def test_the_books_and_respec_tell_the_same(tmp_path):
    (tmp_path / "fleet.yaml").write_text(MANIFEST)
    (tmp_path / "fleet.cloud.yaml").write_text(CLOUD)
    with serving(tmp_path / "fleet.cloud.yaml", SPEED) as sim:
        run = lambda *words: respec(tmp_path, sim, *words)
        assert run("apply", "-auto-approve").returncode == 7
        assert told(run) == listed(sim)
        assert sorted(state for _, state in told(run).values()) == ["Paid", "Paid", "Unpaid", "Unpaid"]

        one, other = [order for order, (_, state) in told(run).items() if state == "Unpaid"]
        sim.console("pay", OrderId=one)
        sim.console("cancel", OrderId=other)
        assert run("apply", "-auto-approve").returncode == 3
        assert told(run) == listed(sim)
        assert sorted(state for _, state in told(run).values()) == ["Cancelled", "Paid", "Paid", "Paid"]


def told(run):
    """Amount and state of each order, by respec."""
    orders = json.loads(run("orders", "list", "-json").stdout)["orders"]
    assert all(isinstance(order["order_id"], str) for order in orders)
    return {order["order_id"]: (Decimal(order["amount"]["amount"]), order["payment"]) for order in orders}


def listed(sim):
    """The same by the SDK."""
    day = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    sdk = dialect("v3")(sim.address, sim.key_id, sim.secret)
    window = {"CreateTimeStart": day(-86400), "CreateTimeEnd": day(86400), "PageSize": 20}
    orders = sdk.call("QueryOrders", "BssOpenApi", **window)["Data"]["OrderList"]["Order"]
    return {order["OrderId"]: (Decimal(order["PretaxAmount"]), order["PaymentStatus"]) for order in orders}

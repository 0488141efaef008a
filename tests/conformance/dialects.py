"""The vendor's two generations of SDK behind one small face: `call(action, **parameters)`.

Nothing of the SDKs is changed: only endpoint (plain HTTP, loopback) and keys are set.
"""

import importlib
import json
import re

from alibabacloud_ecs20140526 import models as ecs_models
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest
from darabonba.runtime import RuntimeOptions

from fleet import REGION

ECS_VERSION = "2014-05-26"


class Refusal(Exception):
    """The cloud said no: its code and the HTTP status."""

    def __init__(self, code, status, request_id):
        super().__init__(f"{status} {code}")
        self.code = code
        self.status = status
        self.request_id = request_id


class V3:
    """The current SDK, which signs with ACS3-HMAC-SHA256."""

    name = "v3"

    def __init__(self, address, key_id, secret):
        self.config = Config(
            access_key_id=key_id,
            access_key_secret=secret,
            endpoint=address,
            protocol="http",
            region_id=REGION,
        )
        self.ecs = EcsClient(self.config)

    def call(self, action, **parameters):
        request = getattr(ecs_models, f"{action}Request")()
        for name, value in parameters.items():
            attribute = snake(name)
            assert hasattr(request, attribute), f"{action} has no {attribute}"
            setattr(request, attribute, value)
        return self.answer(lambda: getattr(self.ecs, snake(action))(request).body.to_map())

    def call_unknown(self, action):
        params = Params(
            action=action,
            version=ECS_VERSION,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = OpenApiRequest(query={"RegionId": REGION})
        return self.answer(lambda: self.ecs.call_api(params, request, RuntimeOptions()))

    def identity(self):
        return self.answer(lambda: StsClient(self.config).get_caller_identity().body.to_map())

    @staticmethod
    def answer(ask):
        try:
            return ask()
        except AlibabaCloudException as error:
            raise Refusal(error.code, error.status_code, error.request_id) from error


class V1:
    """The SDK before it, which signs with HMAC-SHA1 and keeps everything in the query."""

    name = "v1"

    def __init__(self, address, key_id, secret):
        self.address = address
        # It would repeat some refusals by itself, and a refusal is what the stories want to see.
        self.client = AcsClient(key_id, secret, REGION, auto_retry=False)

    def call(self, action, **parameters):
        module = importlib.import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
        request = getattr(module, f"{action}Request")()
        # This SDK sets the region by itself, from its client.
        assert parameters.pop("RegionId", REGION) == REGION
        for name, value in parameters.items():
            # Lists take the plural of the name, which this SDK forms with an s whatever the name.
            plural = "s" if isinstance(value, list) else ""
            getattr(request, f"set_{name}{plural}")(value)
        return self.answer(request)

    def call_unknown(self, action):
        return self.answer(RpcRequest("Ecs", ECS_VERSION, action))

    def identity(self):
        return self.answer(RpcRequest("Sts", "2015-04-01", "GetCallerIdentity"))

    def answer(self, request):
        request.set_endpoint(self.address)
        request.set_protocol_type("http")
        try:
            return json.loads(self.client.do_action_with_exception(request))
        except ServerException as error:
            code, status = error.get_error_code(), error.get_http_status()
            raise Refusal(code, status, error.get_request_id()) from error


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()

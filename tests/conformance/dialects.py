"""The vendor's SDKs behind one small face: `call(action, **parameters)`, for every product.

Nothing of the SDKs is changed: only endpoint (plain HTTP, loopback) and keys are set.
"""

import importlib
import json
import re
import warnings
import xml.etree.ElementTree

from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_bssopenapi20171214.client import Client as BssClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from alibabacloud_tea_rpc import models as rpc_models
from alibabacloud_tea_rpc.client import Client as RpcClient
from alibabacloud_tea_util.models import RuntimeOptions as OlderRuntimeOptions
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from fleet import REGION

VERSIONS = {
    "Ecs": "2014-05-26",
    "BssOpenApi": "2017-12-14",
    "Sts": "2015-04-01",
    "Location": "2015-06-12",
}
ECS_VERSION = VERSIONS["Ecs"]


class Refusal(Exception):
    """The cloud said no: its code and the HTTP status."""

    def __init__(self, code, status, request_id):
        super().__init__(f"{status} {code}")
        self.code = code
        self.status = status
        self.request_id = request_id


class V3:
    """The current SDK, which signs with ACS3-HMAC-SHA256 and reads answers into models of its own."""

    name = "v3"
    clients = {"Ecs": EcsClient, "BssOpenApi": BssClient, "Sts": StsClient}

    def __init__(self, address, key_id, secret, token=None):
        self.config = Config(
            access_key_id=key_id,
            access_key_secret=secret,
            security_token=token,
            endpoint=address,
            protocol="http",
            region_id=REGION,
        )

    def call(self, action, product="Ecs", **parameters):
        client = self.clients[product](self.config)
        models = importlib.import_module(client.__module__.replace(".client", ".models"))
        method = getattr(client, snake(action))
        request = getattr(models, f"{action}Request", None)
        if request is None:
            assert not parameters, f"{action} takes no parameters"
            return self.answer(lambda: method().body.to_map())
        request = request()
        for name, value in parameters.items():
            attribute = snake(name)
            assert hasattr(request, attribute), f"{action} has no {attribute}"
            setattr(request, attribute, value)
        return self.answer(lambda: method(request).body.to_map())

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
        client = EcsClient(self.config)
        return self.answer(lambda: client.call_api(params, request, RuntimeOptions()))

    def identity(self):
        return self.call("GetCallerIdentity", "Sts")

    @staticmethod
    def answer(ask):
        try:
            return ask()
        except AlibabaCloudException as error:
            raise Refusal(error.code, error.status_code, error.request_id) from error


class V1:
    """The SDK before it, which signs with HMAC-SHA1 and keeps everything in the query."""

    name = "v1"
    method = "POST"

    def __init__(self, address, key_id, secret, token=None):
        self.address = address
        credential = token and StsTokenCredential(key_id, secret, token)
        # It would repeat some refusals by itself, and a refusal is what the stories want to see.
        keys = {"credential": credential} if token else {"ak": key_id, "secret": secret}
        self.client = AcsClient(region_id=REGION, auto_retry=False, **keys)

    def call(self, action, product="Ecs", **parameters):
        # This SDK sets the region by itself, from its client.
        assert parameters.pop("RegionId", REGION) == REGION
        request = self.typed(action, parameters) if product == "Ecs" else None
        return self.answer(request or self.bare(product, action, parameters))

    def typed(self, action, parameters):
        """The request class of the SDK, which has none for the newest operations and parameters."""
        try:
            module = importlib.import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
        except ModuleNotFoundError:
            return None
        request = getattr(module, f"{action}Request")()
        for name, value in parameters.items():
            # Lists take the plural of the name, which this SDK forms with an s whatever the name.
            setter = f"set_{name}s" if isinstance(value, list) else f"set_{name}"
            if not hasattr(request, setter):
                return None
            getattr(request, setter)(value)
        return request

    @staticmethod
    def bare(product, action, parameters):
        request = RpcRequest(product, VERSIONS[product], action)
        for name, value in flat(parameters).items():
            request.add_query_param(name, value)
        return request

    def call_unknown(self, action):
        return self.answer(RpcRequest("Ecs", ECS_VERSION, action))

    def identity(self):
        return self.call("GetCallerIdentity", "Sts")

    def answer(self, request):
        request.set_endpoint(self.address)
        request.set_protocol_type("http")
        request.set_method(self.method)
        try:
            return self.send(request)
        except ServerException as error:
            code, status = error.get_error_code(), error.get_http_status()
            raise Refusal(code, status, error.get_request_id()) from error

    def send(self, request):
        return json.loads(self.client.do_action_with_exception(request))


class V1Get(V1):
    """The same by GET."""

    name = "v1get"
    method = "GET"


class V1Form(V1):
    """The same with the operation's parameters in a form."""

    name = "v1form"

    def call(self, action, product="Ecs", **parameters):
        request = RpcRequest(product, VERSIONS[product], action)
        for name, value in flat(parameters).items():
            request.add_body_params(name, value)
        return self.answer(request)


class V1Xml(V1):
    """The same, reading XML. Everything in it is text, and a list of one is not told from one thing."""

    name = "v1xml"

    def send(self, request):
        # The usual way asks for JSON whatever the request says.
        request.set_accept_format("XML")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            root = xml.etree.ElementTree.fromstring(self.client.do_action(request))
        found = plain(root)
        if root.tag == "Error":
            raise Refusal(found["Code"], None, found["RequestId"])
        return {"": root.tag} | found


class Tea:
    """The second dialect of Terraform's provider: common parameters in the query, the rest in a form."""

    name = "tea"

    def __init__(self, address, key_id, secret, token=None):
        self.client = RpcClient(
            rpc_models.Config(
                access_key_id=key_id,
                access_key_secret=secret,
                security_token=token,
                endpoint=address,
                protocol="http",
                region_id=REGION,
            )
        )
        # This one leaves it to the clients of products to set the host.
        self.client._endpoint = address

    def call(self, action, product="Ecs", **parameters):
        version = VERSIONS[product]
        form = flat(parameters)
        try:
            return self.client.do_request(
                action, "HTTP", "POST", version, "AK", {}, form, OlderRuntimeOptions()
            )
        except TeaException as error:
            status = int(re.search(r"code: (\d+),", error.message)[1])
            raise Refusal(error.data["Code"], status, error.data["RequestId"]) from error


ALL = {dialect.name: dialect for dialect in (V1, V1Get, V1Form, V1Xml, V3, Tea)}


def flat(parameters):
    """Parameters as they stand on the wire: lists are numbered, booleans are words."""
    found = {}
    for name, value in parameters.items():
        if isinstance(value, list):
            found |= {f"{name}.{index}": entry for index, entry in enumerate(value, 1)}
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        else:
            found[name] = value
    return found


def plain(element):
    """An element as a dictionary of its children, the way simple readers of XML make one."""
    found = {}
    for child in element:
        value = plain(child) if len(child) else child.text or ""
        if child.tag in found:
            held = found[child.tag]
            found[child.tag] = (held if isinstance(held, list) else [held]) + [value]
        else:
            found[child.tag] = value
    return found


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()

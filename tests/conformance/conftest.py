"""Starts the simulator once, and gives every story both SDKs."""

import contextlib
import json
import os
import subprocess
import threading
import time
import urllib.request
from types import SimpleNamespace

import pytest

import dialects
import fleet

# Everything here is on loopback, whatever proxy leads out of this machine.
for name in ("NO_PROXY", "no_proxy"):
    os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1"]))

# A hundred times faster: the twenty minutes that the cool-down (R52) takes in the suite's fleet are 12 s here.
SPEED = 100
START_WITHIN = 60.0
SETTLE_WITHIN = 60.0


@pytest.fixture(scope="session")
def sim(tmp_path_factory):
    """The simulator with the suite's own fleet."""
    scenario = tmp_path_factory.mktemp("sim") / "fleet.cloud.yaml"
    scenario.write_text(fleet.cloud())
    with serving(scenario, SPEED) as server:
        yield server


@contextlib.contextmanager
def serving(scenario, speed):
    """A running simulator: address and keys, and its own doors as functions."""
    command = [os.environ["RESPEC_BIN"], "sim", "serve", "--listen", "127.0.0.1:0"]
    command += ["--cloud", str(scenario), "--speed", str(speed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            hello = json.loads(first_line(server))
            yield SimpleNamespace(
                address=hello["url"].removeprefix("http://").rstrip("/"),
                key_id=hello["access_key_id"],
                secret=hello["access_key_secret"],
                world=lambda: door(hello["url"], "/_sim/world"),
                console=lambda verb, **body: door(hello["url"], f"/_console/{verb}", body),
            )
        finally:
            server.terminate()
            server.wait(10)


def first_line(server):
    # A server that never speaks is ended, so that the reading comes to an end too.
    watchdog = threading.Timer(START_WITHIN, server.kill)
    watchdog.start()
    line = server.stdout.readline()
    watchdog.cancel()
    assert line, "the simulator ended, or said nothing, before it listened"
    return line


@pytest.fixture(params=fleet.DIALECTS)
def sdk(request, sim):
    """One SDK with the right keys."""
    return dialect(request.param)(sim.address, sim.key_id, sim.secret)


@pytest.fixture
def machine(sdk):
    """Names the machine of a story for the dialect at hand."""
    return lambda story: fleet.machine(story, sdk.name)


def dialect(name):
    return dialects.ALL[name]


def door(url, path, body=None):
    """One of the simulator's own, unsigned doors."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def eventually(look, expected):
    """Looks until `expected` shows, as every client of this cloud has to."""
    end = time.monotonic() + SETTLE_WITHIN
    while (seen := look()) != expected:
        assert time.monotonic() < end, f"still {seen!r}, never {expected!r}"
        time.sleep(0.02)

"""Runs scenarios against a server of interop.proto: `client.py <target> <scenario> [--tls DIR | --mutual-tls DIR]`.

The target is host:port or unix:/path, the scenario a name of scenarios.py or `all`. Prints one JSON line per
scenario, and for a mismatch a line on stderr. Exits 1 if a scenario failed, 2 on wrong usage.
"""

import sys

sys.dont_write_bytecode = True

import contextlib
import json
import time

import grpc
from credentials import channel_credentials, take_tls
from scenarios import SCENARIOS

CHANNEL_OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]


def open_channel(target, tls, **options):
    options["options"] = CHANNEL_OPTIONS
    if tls is None:
        return grpc.insecure_channel(target, **options)
    return grpc.secure_channel(target, channel_credentials(*tls), **options)


def run(target, name, tls):
    """Runs one scenario, prints its line and tells whether it passed."""
    result = {"scenario": name, "peer": "python"}
    started_at = time.monotonic()
    with contextlib.ExitStack() as channels:

        def connect(stub, **options):
            """A stub on a connection of its own."""
            channel = open_channel(target, tls, **options)
            return stub(channels.enter_context(channel))

        try:
            result.update(ok=True, messages=SCENARIOS[name](connect))
        # Whatever is thrown, the scenario has failed and the line must say so.
        except Exception as failure:
            text = str(failure) or type(failure).__name__
            result.update(ok=False, error=text)
            print(f'Scenario "{name}" failed: {text}', file=sys.stderr)
    result["seconds"] = round(time.monotonic() - started_at, 3)
    print(json.dumps(result, separators=(",", ":")), flush=True)
    return result["ok"]


def main():
    arguments = sys.argv[1:]
    tls = take_tls(arguments)
    target, scenario = arguments if len(arguments) == 2 else (None, None)
    names = list(SCENARIOS) if scenario == "all" else [scenario]
    if names[0] not in SCENARIOS:
        print(f"Usage: client.py <target> all|{'|'.join(SCENARIOS)}", file=sys.stderr)
        sys.exit(2)
    passed = [run(target, name, tls) for name in names]
    sys.exit(0 if all(passed) else 1)


main()

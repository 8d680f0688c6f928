"""A databroker client in the manner of the published tutorial: `tutorial_client.py <target> <csv> [--tls DIR]`.

Reads a CSV without a header, sends one row each 10 ms, and prints each answer as it comes: its id, its prediction
and how many rows had been sent by then, one JSON line each.
"""

import sys

sys.dont_write_bytecode = True

import csv
import json
import time

import grpc
from credentials import channel_credentials, take_tls
from interop import databroker, databroker_grpc

PAUSE_S = 0.01
# Long enough for a loaded CI machine.
CALL_TIMEOUT_S = 60

sent = 0


def measurements(path):
    global sent
    with open(path, newline="") as file:
        for row_id, sensor1, sensor2, sensor3, sensor4 in csv.reader(file):
            sent += 1
            yield databroker.BrokerRequest(
                id=int(row_id),
                sensor1=float(sensor1),
                sensor2=float(sensor2),
                sensor3=float(sensor3),
                sensor4=float(sensor4),
            )
            time.sleep(PAUSE_S)


def open_channel(target, tls):
    options = [("grpc.enable_http_proxy", 0)]
    if tls is None:
        return grpc.insecure_channel(target, options)
    return grpc.secure_channel(target, channel_credentials(*tls), options)


def main():
    arguments = sys.argv[1:]
    tls = take_tls(arguments)
    target, path = arguments
    with open_channel(target, tls) as channel:
        stub = databroker_grpc.BrokerServiceStub(channel)
        answers = stub.BidirectionalStreaming(measurements(path), timeout=CALL_TIMEOUT_S)
        for answer in answers:
            line = {"id": answer.id, "prediction": answer.prediction, "sent": sent}
            print(json.dumps(line), flush=True)


main()

"""The rows of a CSV file through a databroker into a CSV file: `client.py HOST:PORT INPUT OUTPUT`.

grpcio's own thread takes requests from the generator while this one reads answers.
"""

import csv
import sys

import grpc
from databroker_pb2 import BrokerRequest
from databroker_pb2_grpc import BrokerServiceStub


def read_requests(path):
    with open(path, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for id, sensor1, sensor2, sensor3, sensor4 in rows:
            yield BrokerRequest(
                id=int(id),
                sensor1=float(sensor1),
                sensor2=float(sensor2),
                sensor3=float(sensor3),
                sensor4=float(sensor4),
            )


target, source, destination = sys.argv[1:]
with grpc.insecure_channel(target) as channel, open(destination, "w", newline="") as file:
    output = csv.writer(file, lineterminator="\n")
    output.writerow(["id", "prediction"])
    for answer in BrokerServiceStub(channel).BidirectionalStreaming(read_requests(source)):
        output.writerow([answer.id, "true" if answer.prediction else "false"])

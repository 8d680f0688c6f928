"""grpcio's server on threads: `sync_server.py [--tls DIR]` prints `listening PORT` and ends with its stdin."""

import sys
from concurrent import futures

import grpc
from bench_pb2_grpc import BenchServicer
from databroker_pb2_grpc import BrokerServiceServicer
from shared import listen, predict

# A stream holds a thread to its end, and the benchmark opens 100 of them.
WORKERS = 128


class Broker(BrokerServiceServicer):
    def BidirectionalStreaming(self, requests, context):
        return map(predict, requests)


class Bench(BenchServicer):
    def Predict(self, request, context):
        return predict(request)

    def Echo(self, requests, context):
        return requests


server = grpc.server(futures.ThreadPoolExecutor(WORKERS))
port = listen(server, Broker(), Bench())
server.start()
print("listening", port, flush=True)
sys.stdin.buffer.read()
server.stop(grace=None).wait()

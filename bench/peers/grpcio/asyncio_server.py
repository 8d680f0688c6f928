"""grpcio's server on asyncio: `asyncio_server.py [--tls DIR]` prints `listening PORT` and ends with its stdin."""

import asyncio
import sys

import grpc
from bench_pb2_grpc import BenchServicer
from databroker_pb2_grpc import BrokerServiceServicer
from shared import listen, predict


class Broker(BrokerServiceServicer):
    async def BidirectionalStreaming(self, requests, context):
        async for request in requests:
            yield predict(request)


class Bench(BenchServicer):
    async def Predict(self, request, context):
        return predict(request)

    async def Echo(self, requests, context):
        async for request in requests:
            yield request


async def main():
    server = grpc.aio.server()
    port = listen(server, Broker(), Bench())
    await server.start()
    print("listening", port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    await server.stop(grace=None)


asyncio.run(main())

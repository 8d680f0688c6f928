"""A databroker server in the manner of the published tutorial: `tutorial_server.py [address] [--tls DIR]`.

The prediction is whether the id is even. Prints `listening <port>`, and serves until its stdin ends.
"""

import sys

sys.dont_write_bytecode = True

from concurrent import futures

import grpc
from credentials import server_credentials, take_tls
from interop import databroker, databroker_grpc


class Broker(databroker_grpc.BrokerServiceServicer):
    def BidirectionalStreaming(self, request_iterator, context):
        for request in request_iterator:
            yield databroker.BrokerResponse(id=request.id, prediction=request.id % 2 == 0)


def main():
    arguments = sys.argv[1:]
    tls = take_tls(arguments)
    address = arguments[0] if arguments else "127.0.0.1:0"
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    databroker_grpc.add_BrokerServiceServicer_to_server(Broker(), server)
    if tls is None:
        port = server.add_insecure_port(address)
    else:
        port = server.add_secure_port(address, server_credentials(*tls))
    server.start()
    print("listening", port, flush=True)
    sys.stdin.buffer.read()
    server.stop(grace=None).wait()


main()

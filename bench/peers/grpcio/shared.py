"""What both servers share; the generated stubs, which ./build puts beside this file, are not in the repository."""

import sys

import grpc
from bench_pb2_grpc import add_BenchServicer_to_server
from databroker_pb2 import BrokerResponse
from databroker_pb2_grpc import add_BrokerServiceServicer_to_server


def predict(request):
    return BrokerResponse(id=request.id, prediction=request.id % 2 == 0)


def listen(server, broker, bench):
    """Mounts both services and returns the port; `--tls DIR` of the command line holds."""
    add_BrokerServiceServicer_to_server(broker, server)
    add_BenchServicer_to_server(bench, server)
    if sys.argv[1:2] != ["--tls"]:
        return server.add_insecure_port("127.0.0.1:0")
    key, certificate = (read(f"{sys.argv[2]}/server.{kind}") for kind in ("key", "crt"))
    return server.add_secure_port(
        "127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)])
    )


def read(path):
    with open(path, "rb") as file:
        return file.read()

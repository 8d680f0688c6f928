"""Serves interop.proto and databroker.proto with grpcio: `server.py [address] [--gzip] [--tls DIR | --mutual-tls DIR]`.

The address is host:port (default 127.0.0.1:0) or unix:/path; --gzip compresses the answers. Prints
`listening <port>` (or `listening unix:/path`) once it accepts connections and exits when its stdin closes.
"""

import sys

sys.dont_write_bytecode = True

import threading
from concurrent import futures

import grpc
from credentials import server_credentials, take_tls
from interop import (
    AWAIT_CANCELLED,
    HANG,
    LAST_STATUS,
    REASON,
    REFUSAL,
    REPLY_OCTET,
    databroker,
    databroker_grpc,
    interop,
    interop_grpc,
)

# A stream holds a thread to its end; the `parallel` scenario opens 100 of them.
WORKERS = 256

STATUS_OF_CODE = {status.value[0]: status for status in grpc.StatusCode}


class CancelledCalls:
    """The names of the hanging calls that were cancelled."""

    def __init__(self):
        self._names = set()
        self._changed = threading.Condition()

    def add(self, name):
        with self._changed:
            self._names.add(name)
            self._changed.notify_all()

    def wait_for(self, name, timeout):
        with self._changed:
            return self._changed.wait_for(lambda: name in self._names, timeout)


def echo(context):
    """Sends the response headers and sets the trailers that interop.proto asks for; returns the trailers."""
    metadata = context.invocation_metadata()
    context.send_initial_metadata([(key, value) for key, value in metadata if key == "x-echo"])
    trailers = [(key, value) for key, value in metadata if key == "x-echo-bin"]
    context.set_trailing_metadata(trailers)
    return trailers


def refuse_if_asked(number, context, trailers):
    """Ends the call by raising if this id or count names a status."""
    if -LAST_STATUS <= number <= -1:
        context.set_trailing_metadata([*trailers, ("reason-bin", REASON)])
        context.abort(STATUS_OF_CODE[-number], REFUSAL)


def prediction_for(measurement):
    octets = measurement.reply_octets
    return interop.Prediction(
        id=measurement.id,
        prediction=measurement.id % 2 == 0,
        padding=REPLY_OCTET * octets if octets > 0 else measurement.padding,
    )


class Interop(interop_grpc.InteropServicer):
    def __init__(self):
        self._cancelled = CancelledCalls()

    def _prepare_to_hang(self, name, context):
        """Returns the function that hangs.

        To be called before an answer is given: grpcio 1.51 does not resume a generator whose call was
        cancelled while it gave an answer.
        """
        ended = threading.Event()

        def remember():
            self._cancelled.add(name)
            ended.set()

        if not context.add_callback(remember):
            remember()
        return ended.wait

    def Unary(self, request, context):
        trailers = echo(context)
        refuse_if_asked(request.id, context, trailers)
        if request.id == HANG:
            self._prepare_to_hang(request.call, context)()
            return interop.Prediction()
        if request.id == AWAIT_CANCELLED:
            seen = self._cancelled.wait_for(request.call, context.time_remaining())
            return interop.Prediction(id=request.id, prediction=seen)
        return prediction_for(request)

    def ServerStream(self, request, context):
        trailers = echo(context)
        refuse_if_asked(request.count, context, trailers)
        if request.count == HANG:
            hang = self._prepare_to_hang(request.call, context)
            yield interop.Prediction(id=HANG)
            hang()
        for number in range(request.count):
            yield interop.Prediction(id=number, prediction=number % 2 == 0)

    def ClientStream(self, requests, context):
        trailers = echo(context)
        summary = interop.Summary()
        for request in requests:
            refuse_if_asked(request.id, context, trailers)
            if request.id == HANG:
                self._prepare_to_hang(request.call, context)()
                break
            summary.count += 1
            summary.sum += request.value
        return summary

    def Bidi(self, requests, context):
        trailers = echo(context)
        for request in requests:
            refuse_if_asked(request.id, context, trailers)
            if request.id == HANG:
                hang = self._prepare_to_hang(request.call, context)
                yield interop.Prediction(id=HANG)
                hang()
                break
            yield prediction_for(request)


class Databroker(databroker_grpc.BrokerServiceServicer):
    def BidirectionalStreaming(self, requests, context):
        for request in requests:
            yield databroker.BrokerResponse(id=request.id, prediction=request.id % 2 == 0)


def main():
    arguments = sys.argv[1:]
    tls = take_tls(arguments)
    compression = grpc.Compression.Gzip if "--gzip" in arguments else None
    address = next((word for word in arguments if word != "--gzip"), "127.0.0.1:0")
    server = grpc.server(futures.ThreadPoolExecutor(WORKERS), compression=compression)
    interop_grpc.add_InteropServicer_to_server(Interop(), server)
    databroker_grpc.add_BrokerServiceServicer_to_server(Databroker(), server)
    port = (
        server.add_insecure_port(address)
        if tls is None
        else server.add_secure_port(address, server_credentials(*tls))
    )
    if port == 0:
        sys.exit(f'Cannot listen on "{address}"')
    server.start()
    print("listening", address if address.startswith("unix:") else port, flush=True)
    sys.stdin.buffer.read()
    server.stop(grace=None).wait()


main()

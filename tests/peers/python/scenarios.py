"""What the Python client checks, by name: the same scenarios as ../node/scenarios.mjs.

Each takes `connect(Stub, **channel_options)`, raises Mismatch on the first difference and returns the number
of messages that were exchanged and checked.
"""

import itertools
import os
from concurrent import futures

import grpc
from calls import (
    CALL_TIMEOUT_S,
    Requests,
    call_for_one,
    check,
    check_outcome,
    follow_call,
    values_of,
)
from grpc import StatusCode
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

MANY = 10_000
MIB = 1024 * 1024
DEADLINE_S = 0.3

STATUS_OF_CODE = {status.value[0]: status for status in grpc.StatusCode}


def pattern(octets):
    """Octets that neither repeat within a frame nor compress away: position and content are both checked."""
    return bytes((i * 31 + (i >> 8)) & 0xFF for i in range(octets))


def measurements(count):
    return [interop.Measurement(id=number, value=number / 4) for number in range(count)]


def wanted_prediction(number, padding=b""):
    return interop.Prediction(id=number, prediction=number % 2 == 0, padding=padding)


def check_predictions(what, answers, count):
    for number, answer in enumerate(answers[:count]):
        check(f"{what}, answer {number}", answer, wanted_prediction(number))
    check(f"{what}, number of answers", len(answers), count)


def check_unary(stub, wanted=None, **fields):
    request = interop.Measurement(**fields)
    outcome = call_for_one(stub.Unary, request)
    check_outcome(f"Unary {request.id}", outcome, StatusCode.OK)
    check(f"Unary {request.id}", outcome.answers[0], wanted or wanted_prediction(request.id))


def broker_10000(connect):
    stub = connect(databroker_grpc.BrokerServiceStub)
    rows = [databroker.BrokerRequest(id=i, sensor1=i / 8, sensor4=-i) for i in range(MANY)]
    outcome = follow_call(stub.BidirectionalStreaming(iter(rows), timeout=CALL_TIMEOUT_S))
    for number, answer in enumerate(outcome.answers):
        wanted = databroker.BrokerResponse(id=number, prediction=number % 2 == 0)
        check(f"answer {number}", answer, wanted)
    check("number of answers", len(outcome.answers), MANY)
    check_outcome("broker", outcome, StatusCode.OK)
    return MANY


def unary(connect):
    stub = connect(interop_grpc.InteropStub)
    for number in range(100):
        check_unary(stub, id=number)
    return 100


def server_stream(connect, count=MANY):
    stub = connect(interop_grpc.InteropStub)
    call = stub.ServerStream(interop.Count(count=count), timeout=CALL_TIMEOUT_S)
    outcome = follow_call(call)
    check_predictions("ServerStream", outcome.answers, count)
    check_outcome("ServerStream", outcome, StatusCode.OK)
    return count


def client_stream(connect, count=MANY):
    stub = connect(interop_grpc.InteropStub)
    messages = measurements(count)
    outcome = call_for_one(stub.ClientStream, iter(messages))
    check_outcome("ClientStream", outcome, StatusCode.OK)
    wanted = interop.Summary(count=count, sum=sum(message.value for message in messages))
    check("ClientStream", outcome.answers[0], wanted)
    return count


def check_bidi(what, stub, count):
    outcome = follow_call(stub.Bidi(iter(measurements(count)), timeout=CALL_TIMEOUT_S))
    check_predictions(what, outcome.answers, count)
    check_outcome(what, outcome, StatusCode.OK)
    return count


def bidi(connect, count=MANY):
    return check_bidi("Bidi", connect(interop_grpc.InteropStub), count)


def ping_pong(connect):
    """Sends each measurement only when the one before was answered: a server that collects answers hangs."""
    rounds = 200
    requests = Requests()
    call = connect(interop_grpc.InteropStub).Bidi(iter(requests), timeout=CALL_TIMEOUT_S)
    for number in range(rounds):
        requests.put(interop.Measurement(id=number))
        check(f"Bidi, answer {number}", next(call), wanted_prediction(number))
    requests.close()
    outcome = follow_call(call)
    check("Bidi, answers after the last", outcome.answers, [])
    check_outcome("Bidi", outcome, StatusCode.OK)
    return rounds


def empty(connect):
    server_stream(connect, 0)
    client_stream(connect, 0)
    bidi(connect, 0)
    return 0


def parallel(connect):
    streams, per_stream = 100, 100
    stub = connect(interop_grpc.InteropStub)
    with futures.ThreadPoolExecutor(streams) as threads:
        for done in [
            threads.submit(check_bidi, f"stream {stream}", stub, per_stream)
            for stream in range(streams)
        ]:
            done.result()
    return streams * per_stream


def check_refusal(what, outcome, code):
    check_outcome(what, outcome, code, REFUSAL)
    check(f"{what}, reason-bin", values_of(outcome.trailers, "reason-bin"), [REASON])


def error(connect):
    stub = connect(interop_grpc.InteropStub)
    for code in range(1, LAST_STATUS + 1):
        outcome = call_for_one(stub.Unary, interop.Measurement(id=-code))
        check_refusal(f"Unary -{code}", outcome, STATUS_OF_CODE[code])
    call = stub.ServerStream(interop.Count(count=-5), timeout=CALL_TIMEOUT_S)
    check_refusal("ServerStream -5", follow_call(call), StatusCode.NOT_FOUND)

    # The client has not half-closed when the status comes.
    requests = Requests(interop.Measurement(id=1), interop.Measurement(id=-9))
    outcome = call_for_one(stub.ClientStream, iter(requests))
    requests.close()
    check_refusal("ClientStream -9", outcome, StatusCode.FAILED_PRECONDITION)

    requests = Requests(*(interop.Measurement(id=number) for number in (0, 1, -11)))
    outcome = follow_call(stub.Bidi(iter(requests), timeout=CALL_TIMEOUT_S))
    requests.close()
    check_predictions("Bidi 0, 1, -11", outcome.answers, 2)
    check_refusal("Bidi 0, 1, -11", outcome, StatusCode.OUT_OF_RANGE)
    return LAST_STATUS + 3


def check_text(what, headers, values):
    """A peer may join the values of one name, so they are compared joined."""
    check(what, ", ".join(values_of(headers, "x-echo")), ", ".join(values))


def metadata(connect):
    stub = connect(interop_grpc.InteropStub)
    text = ["one", "two words; 100% ~", "tail"]
    octets = [REASON, bytes([1, 2, 3]), pattern(300)]
    sent = [("x-echo", value) for value in text] + [("x-echo-bin", value) for value in octets]

    plain = call_for_one(stub.Unary, interop.Measurement(id=2), metadata=sent)
    check_outcome("Unary 2", plain, StatusCode.OK)
    check_text("header x-echo", plain.headers, text)
    check("trailer x-echo-bin", values_of(plain.trailers, "x-echo-bin"), octets)

    refused = call_for_one(stub.Unary, interop.Measurement(id=-7), metadata=sent)
    check_refusal("Unary -7", refused, StatusCode.PERMISSION_DENIED)
    check("trailer x-echo-bin", values_of(refused.trailers, "x-echo-bin"), octets)

    call = stub.Bidi(iter(measurements(3)), metadata=sent, timeout=CALL_TIMEOUT_S)
    streamed = follow_call(call)
    check_predictions("Bidi", streamed.answers, 3)
    check_text("Bidi header x-echo", streamed.headers, text)
    check("Bidi trailer x-echo-bin", values_of(streamed.trailers, "x-echo-bin"), octets)
    return 5


_hanging_calls = itertools.count(1)


def name_call(kind):
    return f"{kind} {next(_hanging_calls)} of Python process {os.getpid()}"


def check_cancelled_at_server(stub, name):
    wanted = interop.Prediction(id=AWAIT_CANCELLED, prediction=True)
    check_unary(stub, wanted, id=AWAIT_CANCELLED, call=name)


def deadline(connect):
    stub = connect(interop_grpc.InteropStub)
    name = name_call("Unary")
    request = interop.Measurement(id=HANG, call=name)
    outcome = call_for_one(stub.Unary, request, timeout=DEADLINE_S)
    check_outcome("Unary that hangs", outcome, StatusCode.DEADLINE_EXCEEDED)
    check_cancelled_at_server(stub, name)

    name = name_call("Bidi")
    requests = Requests(interop.Measurement(id=0), interop.Measurement(id=HANG, call=name))
    outcome = follow_call(stub.Bidi(iter(requests), timeout=DEADLINE_S))
    requests.close()
    check_outcome("Bidi that hangs", outcome, StatusCode.DEADLINE_EXCEEDED)
    check_cancelled_at_server(stub, name)
    return 2


def cancel(connect):
    stub = connect(interop_grpc.InteropStub)
    requests = Requests()

    def start_bidi(name):
        requests.put(interop.Measurement(id=HANG, call=name))
        return stub.Bidi(iter(requests), timeout=CALL_TIMEOUT_S)

    def start_server_stream(name):
        request = interop.Count(count=HANG, call=name)
        return stub.ServerStream(request, timeout=CALL_TIMEOUT_S)

    hanging = [("Bidi", start_bidi), ("ServerStream", start_server_stream)]
    for kind, start in hanging:
        name = name_call(kind)
        call = start(name)
        check(f"{kind}, first answer", next(call).id, HANG)
        call.cancel()
        check_outcome(f"{kind} after cancel()", follow_call(call), StatusCode.CANCELLED)
        check_cancelled_at_server(stub, name)
    requests.close()
    return len(hanging)


def gzip(connect):
    stub = connect(interop_grpc.InteropStub, compression=grpc.Compression.Gzip)
    for padding in (b"", b"a", b"ab" * (MIB // 2), pattern(MIB)):
        check_unary(stub, wanted_prediction(4, padding), id=4, padding=padding)
    check_bidi("Bidi", stub, 1000)

    # Small on the wire; the limit counts what it inflates to.
    bomb = call_for_one(stub.Unary, interop.Measurement(padding=bytes(5 * MIB)))
    check_outcome("5 MiB of zeros", bomb, StatusCode.RESOURCE_EXHAUSTED)
    check_unary(stub, id=1)
    return 1006


def big_message(connect):
    stub = connect(interop_grpc.InteropStub)
    padding = pattern(3 * MIB)
    check_unary(stub, wanted_prediction(6, padding), id=6, padding=padding)
    large = REPLY_OCTET * (3 * MIB)
    check_unary(stub, wanted_prediction(7, large), id=7, reply_octets=len(large))

    messages = [interop.Measurement(id=number, padding=padding) for number in range(4)]
    outcome = follow_call(stub.Bidi(iter(messages), timeout=CALL_TIMEOUT_S))
    wanted = [wanted_prediction(number, padding) for number in range(4)]
    check("Bidi, number of answers", len(outcome.answers), 4)
    for number, answer in enumerate(outcome.answers):
        check(f"Bidi, answer {number}", answer, wanted[number])
    check_outcome("Bidi", outcome, StatusCode.OK)
    return 6


def over_limit(connect):
    stub = connect(interop_grpc.InteropStub)
    request = call_for_one(stub.Unary, interop.Measurement(padding=pattern(5 * MIB)))
    check_outcome("5 MiB request", request, StatusCode.RESOURCE_EXHAUSTED)
    answer = call_for_one(stub.Unary, interop.Measurement(reply_octets=5 * MIB))
    check_outcome("5 MiB answer", answer, StatusCode.RESOURCE_EXHAUSTED)
    check_unary(stub, id=1)
    return 3


def unknown_method(connect):
    channels = []

    class RawStub:
        def __init__(self, channel):
            channels.append(channel)

    connect(RawStub)
    for path in ("/broker.interop.Interop/Missing", "/broker.interop.Missing/Unary"):
        outcome = call_for_one(channels[0].unary_unary(path), b"")
        check_outcome(path, outcome, StatusCode.UNIMPLEMENTED)
    check_unary(connect(interop_grpc.InteropStub), id=1)
    return 3


# In the order in which `all` runs them. The Node client has the same names.
SCENARIOS = {
    "broker-10000": broker_10000,
    "unary": unary,
    "server-stream-10000": server_stream,
    "client-stream-10000": client_stream,
    "bidi-10000": bidi,
    "ping-pong": ping_pong,
    "empty": empty,
    "parallel": parallel,
    "error": error,
    "metadata": metadata,
    "deadline": deadline,
    "cancel": cancel,
    "gzip": gzip,
    "big-message": big_message,
    "over-limit": over_limit,
    "unknown-method": unknown_method,
}

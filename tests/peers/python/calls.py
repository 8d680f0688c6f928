"""grpcio calls with their outcome as one value, so that a scenario reads from top to bottom."""

import queue
from dataclasses import dataclass, field

import grpc

# Long enough for a loaded CI machine; no scenario comes near it.
CALL_TIMEOUT_S = 30


class Mismatch(Exception):
    """A peer did something other than interop.proto says."""


@dataclass
class Outcome:
    """What one call came to."""

    code: grpc.StatusCode
    details: str
    answers: list = field(default_factory=list)
    headers: tuple = ()
    trailers: tuple = ()


class Requests:
    """A request stream that is fed by hand: `put()` messages, then `close()`."""

    def __init__(self, *messages):
        self._queue = queue.Queue()
        for message in messages:
            self.put(message)

    def put(self, message):
        self._queue.put(message)

    def close(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


def check(what, found, wanted):
    if found != wanted:
        raise Mismatch(f"{what}: found {_show(found)}, wanted {_show(wanted)}")


def _show(value):
    text = " ".join(repr(value).split())
    return text if len(text) <= 200 else text[:200] + "…"


def check_outcome(what, outcome, code, details=None):
    """Checks the status of a call and, if given, its message."""
    if outcome.code == code and details in (None, outcome.details):
        return
    found = f"{outcome.code.name} {outcome.details!r}"
    wanted = code.name if details is None else f"{code.name} {details!r}"
    raise Mismatch(f"{what}: found status {found}, wanted {wanted}")


def call_for_one(method, request, **options):
    """Calls a method with one answer. The request is a message or an iterable of messages."""
    options.setdefault("timeout", CALL_TIMEOUT_S)
    call = method.future(request, **options)
    answers = [] if call.exception() else [call.result()]
    return _outcome_of(call, answers)


def follow_call(call, first=()):
    """Reads a call with streamed answers to its end."""
    answers = list(first)
    try:
        for answer in call:
            answers.append(answer)
    except grpc.RpcError:
        # The status of the call tells the same.
        pass
    return _outcome_of(call, answers)


def _outcome_of(call, answers):
    return Outcome(
        code=call.code(),
        details=call.details(),
        answers=answers,
        headers=tuple(call.initial_metadata() or ()),
        trailers=tuple(call.trailing_metadata() or ()),
    )


def values_of(metadata, name):
    return [value for key, value in metadata if key == name]

"""What the Python server and client share: the generated stubs and the constants of interop.proto.

The stubs are generated into a temporary folder when this module is imported, and the folder is gone when the
import is done: nothing generated is ever in the repository.
"""

import os
import sys
import tempfile

from grpc_tools import protoc

HANG = -1000
AWAIT_CANCELLED = -1001
LAST_STATUS = 16
REFUSAL = "refused: ☺ 100%"
REASON = bytes([0x00, 0x01, 0xFE, 0xFF])
REPLY_OCTET = b"\x2a"

_HERE = os.path.dirname(os.path.abspath(__file__))
_PROTOS = [
    (os.path.join(_HERE, ".."), "interop.proto"),
    (os.path.join(_HERE, "..", "..", "..", "proto"), "databroker.proto"),
]


def _generate_into(folder):
    """Does what `python3 -m grpc_tools.protoc` does, without a process of its own."""
    for include, proto in _PROTOS:
        options = ["-I" + include, "--python_out=" + folder, "--grpc_python_out=" + folder]
        if protoc.main(["protoc", *options, proto]) != 0:
            sys.exit(f'Cannot generate Python stubs for "{proto}"')


with tempfile.TemporaryDirectory(prefix="broker-stubs-") as _folder:
    _generate_into(_folder)
    sys.path.insert(0, _folder)
    import databroker_pb2 as databroker
    import databroker_pb2_grpc as databroker_grpc
    import interop_pb2 as interop
    import interop_pb2_grpc as interop_grpc

    sys.path.remove(_folder)

__all__ = [
    "AWAIT_CANCELLED",
    "HANG",
    "LAST_STATUS",
    "REASON",
    "REFUSAL",
    "REPLY_OCTET",
    "databroker",
    "databroker_grpc",
    "interop",
    "interop_grpc",
]

"""TLS of the peers: `--tls DIR` or `--mutual-tls DIR`, where DIR has the files that `broker cert` writes."""

import os

import grpc


def take_tls(arguments):
    """Takes the option out of the arguments; returns (folder, is_mutual), or None without it."""
    for word in ("--tls", "--mutual-tls"):
        if word in arguments:
            at = arguments.index(word)
            folder = arguments[at + 1]
            del arguments[at : at + 2]
            return folder, word == "--mutual-tls"
    return None


def _read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def server_credentials(folder, is_mutual):
    pair = (_read(folder, "server.key"), _read(folder, "server.crt"))
    roots = _read(folder, "ca.crt") if is_mutual else None
    return grpc.ssl_server_credentials([pair], roots, require_client_auth=is_mutual)


def channel_credentials(folder, is_mutual):
    own = (_read(folder, "client.key"), _read(folder, "client.crt")) if is_mutual else ()
    return grpc.ssl_channel_credentials(_read(folder, "ca.crt"), *own)

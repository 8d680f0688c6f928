import { type Address, Channel, connectTls, formatAddress } from "../rpc/mod.ts";

/**
 * A channel to the server that the page belongs to, for calls from the page. They come in at the port like those of any
 * client, so that tokens, limits and the log are the same for them.
 *
 * Over TLS the certificate is not verified: it is our own address, and the names in it are those that others use.
 */
export function openOwnChannel(address: Address, hasTls: boolean): Channel {
  const own = reachable(address);
  const target = formatAddress(own);
  const options = { userAgent: "broker-page" };
  if (!hasTls) return new Channel(target, options);
  return new Channel(target, {
    ...options,
    scheme: "https",
    connect: (_target, signal) => connectTls(own, { insecure: true, signal }),
  });
}

/** Where to connect to for who listens on all addresses. */
function reachable(address: Address): Address {
  if (address.kind === "unix") return address;
  const { hostname } = address;
  if (hostname === "0.0.0.0") return { ...address, hostname: "127.0.0.1" };
  return hostname === "::" ? { ...address, hostname: "::1" } : address;
}

import assert from "node:assert/strict";
import { Channel } from "../../rpc/channel.ts";
import { connectTls } from "../../rpc/connect_tls.ts";
import type { ClientTls } from "../../rpc/tls_credentials.ts";
import { TlsError } from "../../rpc/tls_error.ts";
import { INTEROP } from "../interop/interop_schema.ts";
import { withTimeout } from "./with_timeout.ts";

/** A user must not wait longer to be told. */
export const TOLD_WITHIN_MS = 1000;
const TIMEOUT_MS = 10_000;

export function openChannel(target: string, tls: ClientTls): Channel {
  return new Channel(target, {
    scheme: "https",
    connect: ({ address }, signal) => connectTls(address, { ...tls, signal }),
  });
}

/** Calls a method of the server, once. */
export async function call(target: string, tls: ClientTls): Promise<number> {
  using channel = openChannel(target, tls);
  const { id } = await withTimeout(
    channel.unary(INTEROP.unary, { id: 4 }),
    TIMEOUT_MS,
    `an answer of ${target}`,
  );
  return id;
}

/** The TLS error behind a connection that does not come about, which must be soon. */
export async function failureOf(target: string, tls: ClientTls): Promise<TlsError> {
  using channel = openChannel(target, tls);
  const startMs = performance.now();
  const error = await withTimeout(
    channel.connect().then(() => undefined, (error: unknown) => error),
    TIMEOUT_MS,
    `the refusal of ${target}`,
  );
  assert.ok(performance.now() - startMs < TOLD_WITHIN_MS, "it took too long");
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof TlsError) return at;
  }
  throw new Error(`Expected a TlsError among the causes of ${Deno.inspect(error)}`);
}

import { Channel } from "../../../rpc/channel.ts";
import { listenScripted, type ScriptedPeer } from "../../support/scripted_peer.ts";
import { data, envelope, grpcResponse, grpcTrailers, headers } from "../../support/wire.ts";

/** A back-off that no test notices. */
export const FAST = { initialMs: 5, factor: 1, jitter: 0, maxMs: 5 };
/** The message of `sendAnswer()`, in its envelope. */
export const ANSWER = envelope(new TextEncoder().encode("answer"));

/** A scripted server that accepts as often as the test asks for, and a channel to it. */
export async function withScriptedServer(
  run: (channel: Channel, accept: () => Promise<ScriptedPeer>) => Promise<void>,
): Promise<void> {
  await using listener = listenScripted();
  using channel = new Channel(`127.0.0.1:${listener.port}`, { backoff: FAST });
  const peers: ScriptedPeer[] = [];
  try {
    await run(channel, async () => {
      const peer = await listener.accept();
      peers.push(peer);
      return peer;
    });
  } finally {
    channel.close();
    for (const peer of peers) await peer.close();
  }
}

/** Answers a call with one message and OK. */
export async function sendAnswer(peer: ScriptedPeer, streamId: number): Promise<void> {
  await peer.send(
    headers(streamId, grpcResponse()),
    data(streamId, ANSWER),
    headers(streamId, grpcTrailers(), { endStream: true }),
  );
}

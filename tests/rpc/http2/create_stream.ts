import { Http2Stream } from "../../../rpc/http2/stream.ts";

/** A stream of no connection. */
export function createStream(streamId: number): Http2Stream {
  const host = {
    peerMaxHeaderListOctets: Infinity,
    sendHeaders() {},
    schedule() {},
    isFull: () => false,
    resetStream() {},
    releaseWindow() {},
  };
  return new Http2Stream(streamId, host, {
    sendWindowOctets: 65_535,
    receiveWindowOctets: 65_535,
    resetAfterEnd: false,
  });
}

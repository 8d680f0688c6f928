import type { FuzzResult } from "./run_fuzz.ts";

/** Inputs above which a run says something of its mix. */
export const MIN_MIX_INPUTS = 4000;

/** What of a run's sessions must have come so far; less means that the generators have lost their way. */
const MIN_SHARES = [
  { of: "server", what: "server: reached a handler", percent: 40 },
  { of: "server", what: "server: connection lived", percent: 20 },
  { of: "server", what: "server: further request OK", percent: 15 },
  { of: "server", what: "server: GOAWAY PROTOCOL_ERROR", percent: 10 },
  { of: "server", what: "server: GOAWAY COMPRESSION_ERROR", percent: 4 },
  { of: "server", what: "server: GOAWAY FRAME_SIZE_ERROR", percent: 4 },
  { of: "server", what: "server: GOAWAY STREAM_CLOSED", percent: 2 },
  { of: "client", what: "client: GOAWAY PROTOCOL_ERROR", percent: 10 },
  { of: "client", what: "client: GOAWAY COMPRESSION_ERROR", percent: 4 },
  { of: "client", what: "client: GOAWAY FRAME_SIZE_ERROR", percent: 3 },
  { of: "client", what: "client: GOAWAY STREAM_CLOSED", percent: 1 },
  { of: "client", what: "client: sent a call", percent: 60 },
  { of: "client", what: "client: delivered an answer", percent: 15 },
  { of: "client", what: "client: further call OK", percent: 50 },
  { of: "protobuf", what: "protobuf: read", percent: 30 },
  { of: "protobuf", what: "protobuf: refused", percent: 15 },
  { of: "envelopes", what: "envelopes: read", percent: 20 },
  { of: "csv", what: "csv: gave records", percent: 30 },
  { of: "rows", what: "rows: mapped", percent: 3 },
] as const;

/** How many different ends must have been seen. */
const MIN_KINDS = [
  { prefix: "server: GOAWAY", kinds: 5 },
  { prefix: "server: RST_STREAM", kinds: 2 },
  { prefix: "server: HTTP", kinds: 2 },
  { prefix: "server: status", kinds: 4 },
  { prefix: "client: GOAWAY", kinds: 4 },
  { prefix: "client: status", kinds: 12 },
  { prefix: "hpack:", kinds: 4 },
] as const;

/** Sentences about what a run did too little of; none if it went deep enough. */
export function checkMix({ tally, inputsByLayer }: FuzzResult): string[] {
  const shallow: string[] = [];
  for (const { of, what, percent } of MIN_SHARES) {
    const share = 100 * tally.get(what) / (inputsByLayer.get(of) ?? 0);
    // Also where it is not a number.
    if (!(share >= percent)) shallow.push(`"${what}" is ${share.toFixed(1)} %, not ${percent} %`);
  }
  for (const { prefix, kinds } of MIN_KINDS) {
    const seen = tally.kinds(prefix);
    if (seen < kinds) shallow.push(`"${prefix}" came in ${seen} kinds, not in ${kinds}`);
  }
  return shallow;
}

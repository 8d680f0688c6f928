/** Runs of `streamRows()` against calls that a test scripts. */
import {
  type Outcome,
  type RowCall,
  streamRows,
  type StreamRowsOptions,
  type StreamSummary,
} from "../../streaming/mod.ts";
import type { CsvRecord, Message, PlainLines } from "../../tabular/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { FakeCall } from "./fake_call.ts";

export const NO_WAIT = { initialMs: 0, factor: 1, jitter: 0, maxMs: 0 };

export function rows(from: number, to: number): CsvRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    cells: [String(from + index)],
    line: from + index,
  }));
}

export async function* from(...batches: CsvRecord[][]): AsyncGenerator<CsvRecord[]> {
  yield* batches;
}

/** Calls by their number, from 1 on; `script` says what the server does on each. */
export class Server {
  readonly calls: FakeCall[] = [];
  readonly #script: (call: FakeCall, number: number) => void;

  constructor(script: (call: FakeCall, number: number) => void) {
    this.#script = script;
  }

  readonly open = (): RowCall => {
    const call = new FakeCall();
    this.calls.push(call);
    this.#script(call, this.calls.length);
    return call;
  };
}

export function ids(messages: readonly Message[]): number[] {
  return messages.map(({ id }) => Number(id));
}

export function echo(call: FakeCall): void {
  call.onSend = (message) => {
    call.answer(message);
    return true;
  };
  call.onEnd = () => call.finish();
}

export interface Ended extends StreamSummary {
  readonly joined: readonly (readonly [answer: number, line: number | undefined])[];
  readonly outcomes: readonly Outcome[];
}

export async function stream(
  server: Server,
  batches: AsyncIterable<CsvRecord[] | PlainLines>,
  options: Partial<StreamRowsOptions> = {},
): Promise<Ended> {
  const joined: (readonly [number, number | undefined])[] = [];
  const outcomes: Outcome[] = [];
  const summary = await withTimeout(
    streamRows(batches, {
      kind: "bidirectional",
      path: "/test.Service/Echo",
      openCalls: [server.open],
      mapper: { toMessage: ({ cells }) => ({ id: Number(cells[0]) }) },
      maxInFlight: 100,
      onBadRow: "stop",
      onOutcome: (outcome) => {
        outcomes.push(outcome);
        outcome.answers.forEach(({ id }, index) =>
          joined.push([Number(id), outcome.rows[index]?.line])
        );
        return undefined;
      },
      retry: { limit: 3, backoff: NO_WAIT },
      stop: new AbortController().signal,
      drainMs: 1000,
      ...options,
    }),
    5000,
    "the stream",
  );
  return { ...summary, joined, outcomes };
}

export function pairs(from: number, to: number): (readonly [number, number])[] {
  return rows(from, to).map(({ line }) => [line, line] as const);
}

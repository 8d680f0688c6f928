import { encodeErrorDetails, RpcError, type ServerCallContext, Status } from "../../../mod.ts";

/** Handlers of main.proto. */
interface Tick {
  readonly number: number;
}

export const Echo = (envelope: object, call: ServerCallContext) => {
  for (const value of call.metadata.get("x-echo")) call.responseHeaders.add("x-echo", value);
  call.responseTrailers.set("x-end", "over");
  return envelope;
};

export const Keep = (secret: object) => secret;
export const Mirror = (value: object) => value;

export const Refuse = () => {
  const message = "the id is taken\u001b[31m";
  const details = encodeErrorDetails({ code: Status.ALREADY_EXISTS, message }, [
    {
      type: "google.rpc.BadRequest",
      value: { field_violations: [{ field: "sent_id", description: "is taken" }] },
    },
    { type: "google.rpc.RetryInfo", value: { retry_delay: { seconds: 2, nanos: 500_000_000 } } },
  ]);
  throw new RpcError(Status.ALREADY_EXISTS, message, { details });
};

export async function* Count({ number }: Tick) {
  for (let next = 1; number === 0 || next <= number; next++) {
    yield { number: next };
    if (next % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

export const Sum = async (ticks: AsyncIterable<Tick>) => {
  let sum = 0;
  for await (const { number } of ticks) sum += number;
  return { sum: String(sum) };
};

export async function* Chat(ticks: AsyncIterable<Tick>) {
  for await (const tick of ticks) {
    yield tick;
    if (tick.number === 0) return;
  }
}

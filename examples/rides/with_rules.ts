// The rules and the timing around the handlers on grpc-js: `broker serve` takes `validate` and `interceptors` instead.
import { toRefusal } from "./bad_request.ts";
import type { RidesHandlers } from "./gen/rides.ts";
import { type Call, ValidationError } from "./gen/runtime/rpc.ts";
import { rules } from "./rules.ts";
import { timing } from "./timing.ts";

/** Handlers that get no message which breaks a rule, and say in a trailer how long they took. */
export function withRules(handlers: RidesHandlers): RidesHandlers {
  return {
    Start: (request, call) =>
      answer(call, () => {
        rules.StartRequest(request);
        return handlers.Start(request, call);
      }),

    Track: (positions, call) =>
      answer(call, () => handlers.Track(checked(positions, rules.TrackRequest), call)),

    End: (request, call) =>
      answer(call, () => {
        rules.EndRequest(request);
        return handlers.End(request, call);
      }),
  };
}

async function answer<Answer>(call: Call, handle: () => Answer | Promise<Answer>): Promise<Answer> {
  const answered = Promise.withResolvers<Answer>();
  try {
    await timing(call, async () => answered.resolve(await handle()));
  } catch (error) {
    throw error instanceof ValidationError ? toRefusal(error) : error;
  }
  return await answered.promise;
}

async function* checked<Message>(
  messages: AsyncIterable<Message>,
  rule: (message: Message) => void,
): AsyncGenerator<Message, void, undefined> {
  for await (const message of messages) {
    rule(message);
    yield message;
  }
}

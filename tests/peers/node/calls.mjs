// grpc-js calls as promises, so that a scenario reads from top to bottom.
import grpc from "@grpc/grpc-js";
import { inspect, isDeepStrictEqual } from "node:util";

/** Long enough for a loaded CI machine; no scenario comes near it. */
export const CALL_TIMEOUT_MS = 30_000;

/** Throws an error that says what was checked, what was found and what was wanted. */
export function check(what, found, wanted) {
  if (isDeepStrictEqual(found, wanted)) return;
  throw new Error(`${what}: found ${show(found)}, wanted ${show(wanted)}`);
}

function show(value) {
  const text = inspect(value, { breakLength: Infinity, compact: true });
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** The call options of every call but those that test deadlines. */
export function withDeadline(timeoutMs = CALL_TIMEOUT_MS) {
  return { deadline: Date.now() + timeoutMs };
}

/**
 * Follows a call of any kind to its end: `headers`, `answers` (in order) and `status`; never rejects.
 * `started` resolves with the first answer, or with undefined if none came.
 */
export function followCall(call) {
  const answers = [];
  let headers;
  const started = Promise.withResolvers();
  const ended = Promise.withResolvers();
  call.on("metadata", (metadata) => headers = metadata);
  call.on("data", (answer) => {
    answers.push(answer);
    started.resolve(answer);
  });
  call.on("status", (status) => {
    started.resolve(undefined);
    ended.resolve({ headers, answers, status });
  });
  // The status event tells the same and always comes.
  call.on("error", () => {});
  return { started: started.promise, ended: ended.promise };
}

/** Calls a method with one answer and resolves with `{ call, answer, headers, status }`; never rejects. */
export function callForOne(start) {
  let answer;
  const call = start((_error, response) => answer = response);
  return {
    call,
    ended: followCall(call).ended.then(({ headers, status }) => ({
      answer,
      headers,
      status,
    })),
  };
}

/** Writes all messages, waiting whenever the call asks for it, and half-closes. */
export async function writeAll(call, messages) {
  // A call that has failed never drains.
  const failed = new Promise((resolve) => call.once("status", resolve));
  for (const message of messages) {
    if (call.write(message)) continue;
    await Promise.race([
      failed,
      new Promise((resolve) => call.once("drain", resolve)),
    ]);
  }
  call.end();
}

/** Checks the code of a status and, if given, its message. */
export function checkStatus(
  what,
  { code, details },
  wantedCode,
  wantedDetails,
) {
  if (code === wantedCode && (wantedDetails ?? details) === details) return;
  const found = `${grpc.status[code]} ${inspect(details)}`;
  const wantedText = wantedDetails === undefined ? "" : ` ${inspect(wantedDetails)}`;
  throw new Error(
    `${what}: found status ${found}, wanted ${grpc.status[wantedCode]}${wantedText}`,
  );
}

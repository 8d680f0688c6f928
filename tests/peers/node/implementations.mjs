// The grpc-js implementation of interop.proto and databroker.proto. It imports nothing of grpc-js, so that it runs on
// our server as well: tests/interop/from_grpc_js_test.ts.
import { Buffer } from "node:buffer";
import { AWAIT_CANCELLED, HANG, LAST_STATUS, REASON, REFUSAL, REPLY_OCTET } from "./constants.mjs";

/** The implementation objects of both services; the calls that they remember are theirs alone. */
export function createImplementations(Metadata) {
  /** Names of the hanging calls that were cancelled, and what waits to see one of them. */
  const cancelledCalls = new Set();
  const waitingForCancel = new Map();

  function rememberCancelled(name) {
    cancelledCalls.add(name);
    waitingForCancel.get(name)?.();
    waitingForCancel.delete(name);
  }

  function onceSeenCancelled(name, then) {
    if (cancelledCalls.has(name)) then();
    else waitingForCancel.set(name, then);
  }

  /** As `call.on("cancelled")`, also for a call that was cancelled before its handler began. */
  function onceCancelled(call, then) {
    if (call.cancelled) then();
    else call.once("cancelled", then);
  }

  function echoHeaders(call) {
    const headers = new Metadata();
    for (const value of call.metadata.get("x-echo")) {
      headers.add("x-echo", value);
    }
    call.sendMetadata(headers);
  }

  function echoTrailers(call) {
    const trailers = new Metadata();
    for (const value of call.metadata.get("x-echo-bin")) {
      trailers.add("x-echo-bin", value);
    }
    return trailers;
  }

  /** The error that interop.proto asks for, or undefined if this id does not refuse the call. */
  function refusalFor(id, call) {
    if (id > -1 || id < -LAST_STATUS) return undefined;
    const trailers = echoTrailers(call);
    trailers.set("reason-bin", REASON);
    return Object.assign(new Error(REFUSAL), {
      code: -id,
      details: REFUSAL,
      metadata: trailers,
    });
  }

  function predictionFor({ id, padding, reply_octets }) {
    return {
      id,
      prediction: id % 2 === 0,
      padding: reply_octets > 0 ? Buffer.alloc(reply_octets, REPLY_OCTET) : padding,
    };
  }

  function unary(call, respond) {
    const { id, call: name } = call.request;
    const answer = (prediction) => respond(null, prediction, echoTrailers(call));
    echoHeaders(call);
    if (id === HANG) {
      onceCancelled(call, () => rememberCancelled(name));
    } else if (id === AWAIT_CANCELLED) {
      onceSeenCancelled(name, () => answer({ id, prediction: true }));
    } else {
      const refusal = refusalFor(id, call);
      if (refusal) respond(refusal);
      else answer(predictionFor(call.request));
    }
  }

  async function serverStream(call) {
    const { count, call: name } = call.request;
    echoHeaders(call);
    if (count === HANG) {
      onceCancelled(call, () => rememberCancelled(name));
      call.write({ id: HANG });
      return;
    }
    const refusal = refusalFor(count, call);
    if (refusal) return void call.emit("error", refusal);
    // A call that was cancelled never drains.
    const cancelled = new Promise((resolve) => onceCancelled(call, resolve));
    for (let id = 0; id < count && !call.cancelled; id++) {
      if (call.write({ id, prediction: id % 2 === 0 })) continue;
      await Promise.race([
        cancelled,
        new Promise((resolve) => call.once("drain", resolve)),
      ]);
    }
    call.end(echoTrailers(call));
  }

  function clientStream(call, respond) {
    let count = 0;
    let sum = 0;
    let ended = false;
    echoHeaders(call);
    call.on("data", ({ id, value, call: name }) => {
      if (ended) return;
      if (id === HANG) {
        ended = true;
        onceCancelled(call, () => rememberCancelled(name));
        return;
      }
      const refusal = refusalFor(id, call);
      if (refusal) {
        ended = true;
        respond(refusal);
        return;
      }
      count++;
      sum += value;
    });
    call.on("end", () => {
      if (!ended) respond(null, { count, sum }, echoTrailers(call));
    });
    call.on("error", () => {});
  }

  function bidi(call) {
    let ended = false;
    echoHeaders(call);
    call.on("data", (measurement) => {
      if (ended) return;
      if (measurement.id === HANG) {
        ended = true;
        onceCancelled(call, () => rememberCancelled(measurement.call));
        call.write({ id: HANG });
        return;
      }
      const refusal = refusalFor(measurement.id, call);
      if (refusal) {
        ended = true;
        call.emit("error", refusal);
        return;
      }
      answerWithBackPressure(call, predictionFor(measurement));
    });
    call.on("end", () => {
      if (!ended) call.end(echoTrailers(call));
    });
  }

  function databroker(call) {
    call.on(
      "data",
      ({ id }) => answerWithBackPressure(call, { id, prediction: id % 2 === 0 }),
    );
    call.on("end", () => call.end());
  }

  function answerWithBackPressure(call, answer) {
    if (call.write(answer)) return;
    call.pause();
    call.once("drain", () => call.resume());
  }

  return {
    interop: {
      Unary: unary,
      ServerStream: serverStream,
      ClientStream: clientStream,
      Bidi: bidi,
    },
    broker: { BidirectionalStreaming: databroker },
  };
}

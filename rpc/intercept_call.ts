import type { CallStatus } from "./call_options.ts";
import type { CalledMethod, ClientInterceptor, OutgoingCall } from "./interceptors.ts";
import { HookCollector, type MessageHook } from "./message_hooks.ts";
import type { Metadata } from "./metadata.ts";
import { asRpcError } from "./response_status.ts";
import { runOnion } from "./run_onion.ts";
import { RpcError, Status } from "./status.ts";

/** What an interceptor may ask of a call at any time. */
interface WatchedCall {
  readonly path: string;
  readonly headers: Promise<Metadata>;
  readonly status: Promise<CallStatus>;
  readonly isDone: boolean;
  readonly sentCount: number;
  readonly responses: { readonly count: number };
}

/** What a call lets its interceptors do. */
interface CallControls {
  readonly method: CalledMethod;
  readonly metadata: Metadata;
  /** Starts the call; called once. */
  begin(requests: readonly MessageHook[], responses: readonly MessageHook[]): void;
  /** Ends the call, if it has not ended. */
  refuse(error: RpcError): void;
}

/** Runs a client's interceptors around a call, at once as far as they do not wait. */
export function interceptCall(
  call: WatchedCall,
  interceptors: readonly ClientInterceptor[],
  controls: CallControls,
): void {
  const hooks = new HookCollector();
  const fail = (error: unknown) => {
    // Nobody waits for it any more, but it is not to pass in silence.
    if (call.isDone) console.error(`An interceptor of ${call.path} failed:`, error);
    controls.refuse(asRpcError(error));
  };
  const layers = interceptors.map((interceptor) => ({
    name: interceptor.name,
    run: async (outgoing: OutgoingCall, next: () => Promise<CallStatus>) => {
      try {
        // An inner one that failed has ended the call: this is how.
        await interceptor(outgoing, () => next().catch(() => call.status));
      } catch (error) {
        fail(error);
        throw error;
      }
    },
  }));
  const { outcome } = runOnion<OutgoingCall, CallStatus>({
    layers,
    call: describeCall(call, controls, hooks),
    core() {
      const { requests, responses } = hooks.seal();
      try {
        controls.begin(requests, responses);
      } catch (error) {
        controls.refuse(asRpcError(error));
      }
      return call.status;
    },
    misused(sentence) {
      const error = new RpcError(Status.INTERNAL, sentence);
      controls.refuse(error);
      return error;
    },
  });
  outcome.catch(() => {});
}

function describeCall(
  call: WatchedCall,
  { method, metadata }: CallControls,
  hooks: HookCollector,
): OutgoingCall {
  const { path, requestStream, responseStream } = method;
  return {
    path,
    method: { path, requestStream, responseStream },
    metadata,
    headers: call.headers,
    get sent() {
      return call.sentCount;
    },
    get received() {
      return call.responses.count;
    },
    onRequest: (hook) => hooks.onRequest(hook),
    onResponse: (hook) => hooks.onResponse(hook),
  };
}

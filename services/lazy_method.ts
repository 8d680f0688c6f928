import type { MethodDefinition } from "../rpc/mod.ts";

/** What a server must know of a method before its first call. */
export interface MethodHead {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/**
 * Largest request of a standard service, in octets: it holds a name or two, and a call that stays open (`Watch`, and
 * reflection) holds it as long. A hundred of 4 MiB held 850 MB of a server for nothing.
 */
const MAX_REQUEST_OCTETS = 16_384;

/** A method whose codecs are built on its first message, as that takes milliseconds of a server's start. */
export function lazyMethod<Request, Response>(
  head: MethodHead,
  build: () => MethodDefinition<Request, Response>,
): MethodDefinition<Request, Response> {
  let built: MethodDefinition<Request, Response> | undefined;
  const codecs = () => built ??= build();
  return {
    ...head,
    maxRequestOctets: MAX_REQUEST_OCTETS,
    requestSerialize: (value) => codecs().requestSerialize(value),
    requestDeserialize: (octets) => codecs().requestDeserialize(octets),
    responseSerialize: (value) => codecs().responseSerialize(value),
    responseDeserialize: (octets) => codecs().responseDeserialize(octets),
  };
}

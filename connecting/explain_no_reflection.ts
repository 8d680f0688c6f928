import { CommandError } from "../cli/mod.ts";
import { RpcError, type Target } from "../rpc/mod.ts";
import type { NoReflectionError } from "../schema/mod.ts";
import { findStranger, strangerHint } from "./stranger_hint.ts";

/** Says what to do about a server that does not tell what it offers, or is no gRPC server at all. */
export function explainNoReflection(error: NoReflectionError, target: Target): CommandError {
  const start = `Cannot read the services of "${target.text}"`;
  const { cause } = error;
  const found = cause instanceof RpcError ? findStranger(cause) : undefined;
  if (found === undefined) {
    const sentence = `${start}: it has no reflection; name its .proto with --proto`;
    return new CommandError(sentence, { cause: error });
  }
  return new CommandError(`${start}: its answer is not gRPC (${found})${strangerHint(target)}`, {
    cause,
  });
}

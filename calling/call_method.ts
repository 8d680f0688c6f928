import type { DescMethod } from "@bufbuild/protobuf";
import { findMethod } from "../schema/mod.ts";
import type { Contract } from "../inspecting/mod.ts";
import type { TypeBook } from "./type_book.ts";

/** A method that is to be called. */
export interface CallMethod {
  /** Full name of the service. */
  readonly service: string;
  readonly name: string;
  /** `/pkg.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  /** Full names of the messages. */
  readonly requestType: string;
  readonly responseType: string;
}

/**
 * Finds a method: `pkg.Service/Method`, `pkg.Service.Method`, `/pkg.Service/Method`, or the end of it where only one
 * fits.
 *
 * @throws SchemaError if no method or more than one fits
 */
export function findCallMethod(contract: Contract, book: TypeBook, name: string): CallMethod {
  const services = [...book.types].filter((type) => type.kind === "service");
  return findMethod({
    source: contract.source.replace(/^"|"$/g, ""),
    services: services.map(({ methods }) => ({ methods: methods.map(toCallMethod) })),
  }, name);
}

function toCallMethod({ name, parent, methodKind, input, output }: DescMethod): CallMethod {
  return {
    service: parent.typeName,
    name,
    path: `/${parent.typeName}/${name}`,
    requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    requestType: input.typeName,
    responseType: output.typeName,
  };
}

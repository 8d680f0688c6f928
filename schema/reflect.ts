import { type Channel, type ClientCall, type Metadata, RpcError, Status } from "../rpc/mod.ts";
import { findBadName } from "./check_names.ts";
import { decodeFileDescriptor, type FileDescriptor } from "./file_descriptor.ts";
import {
  REFLECTION_VERSIONS,
  reflectionMethod,
  type ReflectionRequest,
  type ReflectionResponse,
} from "./reflection_definition.ts";
import { isBundledFile } from "./read_imports.ts";
import { NoReflectionError, SchemaError } from "./schema_error.ts";
import { listReferences, listTypes, resolveType } from "./type_references.ts";

/** What a server says of itself. */
export interface Reflected {
  /** Full names, without those of reflection itself. */
  readonly services: readonly string[];
  /** Encoded `google.protobuf.FileDescriptorProto`s by file name, each after the files that it imports. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** How to ask. */
export interface ReflectOptions {
  /** What messages call the server. */
  readonly target: string;
  /** Time for all answers, in ms; default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Sent with the call, such as a token. */
  readonly metadata?: Metadata | undefined;
}

/** A server that names more files than this has no end. */
const MAX_FILES = 10_000;
/** Of all files that came; a server could fill the memory before its time is up. */
const MAX_OCTETS = 256 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
/** How long a server may take to end the call when it has answered all. */
const LEAVE_MS = 200;

/**
 * Asks a server for its services and the files that define them, with `grpc.reflection.v1` or, where the server does
 * not have it, `v1alpha`.
 *
 * @throws RpcError if the server cannot be reached or refuses
 * @throws NoReflectionError if it has no reflection, SchemaError if it does not know its own files
 */
export function reflect(channel: Channel, options: ReflectOptions): Promise<Reflected> {
  return withReflection(channel, options, async (session) => {
    const all = await session.listServices();
    const services = all.filter((name) => !name.startsWith("grpc.reflection."));
    for (const name of services) await session.readSymbol(name);
    await session.readRest();
    return { services, files: session.ordered() };
  });
}

/**
 * Asks a server what `use` wants to know, in one call of `grpc.reflection.v1` or, where the server does not have it,
 * `v1alpha`; `use` is then called again.
 *
 * @throws as `reflect()`
 *
 * @example
 * ```ts
 * const names = await withReflection(channel, { target }, (session) => session.listServices());
 * ```
 */
export async function withReflection<Result>(
  channel: Channel,
  options: ReflectOptions,
  use: (session: ReflectionSession) => Promise<Result>,
): Promise<Result> {
  let refusal: RpcError | undefined;
  for (const version of REFLECTION_VERSIONS) {
    const { target, timeoutMs = DEFAULT_TIMEOUT_MS, metadata } = options;
    const call = channel.call(reflectionMethod(version), { timeoutMs, metadata });
    try {
      const result = await use(new ReflectionSession(call, target));
      await takeLeave(call);
      return result;
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== Status.UNIMPLEMENTED) throw error;
      refusal = error;
    } finally {
      call.cancel("Reflection is over");
    }
  }
  throw new NoReflectionError(
    `Cannot read the services of "${options.target}": it has no reflection; name its .proto instead`,
    { cause: refusal },
  );
}

/** Lets the server end the call, whose log would tell of a cancelled one otherwise; not for long. */
async function takeLeave(
  call: ClientCall<ReflectionRequest, ReflectionResponse>,
): Promise<void> {
  call.end();
  const timer = setTimeout(() => call.cancel("Reflection is over"), LEAVE_MS);
  await call.status;
  clearTimeout(timer);
}

/** One call of `ServerReflectionInfo`: a question, its answer, the next question. */
export class ReflectionSession {
  readonly #call: ClientCall<ReflectionRequest, ReflectionResponse>;
  readonly #target: string;
  readonly #files = new Map<string, { readonly octets: Uint8Array; readonly imports: string[] }>();
  /** Of all files that came, also of those that came again. */
  #octets = 0;

  constructor(call: ClientCall<ReflectionRequest, ReflectionResponse>, target: string) {
    this.#call = call;
    this.#target = target;
  }

  /** Full names, as the server lists them. */
  async listServices(): Promise<string[]> {
    const { list_services_response: list, error_response: error } = await this.#ask({
      list_services: "",
    });
    if (list === undefined) {
      throw this.#fault(`it does not list them (${error?.error_message || "no reason given"})`);
    }
    return list.service.map(({ name }) => name);
  }

  /** Reads the file that defines a service, a message or an enum. @throws SchemaError if the server does not find it */
  async readSymbol(symbol: string): Promise<void> {
    await this.#readFiles({ file_containing_symbol: symbol }, symbol);
  }

  /** Does the same, but returns false if the server does not find it. */
  async findSymbol(symbol: string): Promise<boolean> {
    const { file_descriptor_response: response } = await this.#ask({
      file_containing_symbol: symbol,
    });
    this.#addFiles(response?.file_descriptor_proto ?? []);
    return response !== undefined;
  }

  /** Reads what the files so far need. */
  async readRest(): Promise<void> {
    await this.#readImports();
    await this.#readMissingTypes();
  }

  /** Reads what the files so far import, and what these import. */
  async #readImports(): Promise<void> {
    for (;;) {
      const wanted = [...this.#files.values()].flatMap(({ imports }) => imports);
      const missing = wanted.find((name) => !this.#files.has(name) && !isBundledFile(name));
      if (missing === undefined) return;
      await this.#readFiles({ file_by_filename: missing }, missing);
      if (!this.#files.has(missing)) {
        throw this.#fault(`it answers with other files when it is asked for "${missing}"`);
      }
    }
  }

  /**
   * Reads the files of types that no file so far defines: some servers do not say what their files import
   * (grpc/grpc-node#3018). A type that the server does not find shows where it is needed.
   */
  async #readMissingTypes(): Promise<void> {
    const asked = new Set<string>();
    for (;;) {
      const files = [...this.#files.values()].map(({ octets }) => decodeFileDescriptor(octets));
      const types = new Map(files.flatMap(listTypes).map((name) => [name, true]));
      const missing = files.flatMap(listReferences).find(({ typeName, scope }) =>
        typeName.startsWith(".") && !typeName.startsWith(".google.protobuf.") &&
        !asked.has(typeName) && resolveType({ typeName, scope }, types) === undefined
      );
      if (missing === undefined) return;
      asked.add(missing.typeName);
      const symbol = missing.typeName.slice(1);
      const answer = await this.#ask({ file_containing_symbol: symbol });
      this.#addFiles(answer.file_descriptor_response?.file_descriptor_proto ?? []);
      await this.#readImports();
    }
  }

  /** The files read so far, each after those that it imports. */
  ordered(): Map<string, Uint8Array> {
    const ordered = new Map<string, Uint8Array>();
    const visited = new Set<string>();
    const visit = (name: string): void => {
      const file = this.#files.get(name);
      if (file === undefined || visited.has(name)) return;
      visited.add(name);
      for (const other of file.imports) visit(other);
      ordered.set(name, file.octets);
    };
    for (const name of this.#files.keys()) visit(name);
    return ordered;
  }

  async #readFiles(request: ReflectionRequest, what: string): Promise<void> {
    const { file_descriptor_response: response, error_response: error } = await this.#ask(request);
    if (response === undefined) {
      throw this.#fault(
        `it does not find "${what}" (${error?.error_message || "no reason given"})`,
      );
    }
    this.#addFiles(response.file_descriptor_proto);
  }

  #addFiles(files: readonly Uint8Array[]): void {
    for (const octets of files) {
      this.#octets += octets.length;
      if (this.#octets > MAX_OCTETS) {
        throw this.#fault(`its files have more than ${MAX_OCTETS} octets`);
      }
      const file = this.#decode(octets);
      const badName = findBadName(file);
      if (badName !== undefined) throw this.#fault(`${JSON.stringify(badName)} is no name`);
      this.#files.set(file.name ?? "", { octets, imports: [...file.dependency ?? []] });
    }
    if (this.#files.size > MAX_FILES) throw this.#fault(`it has more than ${MAX_FILES} files`);
  }

  #decode(octets: Uint8Array): FileDescriptor {
    try {
      return decodeFileDescriptor(octets);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw this.#fault(`one of its files cannot be decoded (${reason})`);
    }
  }

  async #ask(request: ReflectionRequest): Promise<ReflectionResponse> {
    this.#call.send(request);
    const answer = await this.#call.responses.next();
    if (answer.done) throw this.#fault("it ended the call before it had answered");
    return answer.value;
  }

  #fault(reason: string): SchemaError {
    return new SchemaError(
      `Cannot read the services of "${this.#target}" by reflection: ${reason}`,
    );
  }
}

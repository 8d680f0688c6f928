import { Status } from "../rpc/mod.ts";
import {
  describeProtos,
  type ProtoJson,
  type ProtoText,
  REFLECTION_VERSIONS,
  reflectionMethod,
  reflectionProto,
  type ReflectionRequest,
  type ReflectionResponse,
} from "../schema/mod.ts";
import { lazyMethod } from "./lazy_method.ts";
import { quoteName } from "./quote_name.ts";
import { ReflectionIndex } from "./reflection_index.ts";
import type { StandardService } from "./standard_services.ts";

/** What there is to tell. */
export interface ReflectionSource {
  /** Full names of all services that the server answers. */
  readonly services: readonly string[];
  /** The files that define them, and all that these import. */
  readonly protos: readonly (ProtoText | ProtoJson)[];
}

/**
 * `grpc.reflection.v1.ServerReflection` and its `v1alpha`, which differ in nothing but their names.
 *
 * An answer has the file that was asked for and, as grpc-go does it, those of the files it needs that the call was not
 * sent before. A question without an answer gets an `error_response`; the call goes on.
 *
 * @param describe is asked on the first question, so that the start of a server does not wait for it
 *
 * Source: grpc/grpc, doc/server-reflection.md
 */
export function createReflection(describe: () => ReflectionSource): StandardService[] {
  let answers: Answers | undefined;
  async function* ServerReflectionInfo(requests: AsyncIterable<ReflectionRequest>) {
    const sent = new Set<string>();
    for await (const request of requests) {
      answers ??= new Answers(describe());
      yield answers.answer(request, sent);
    }
  }
  return REFLECTION_VERSIONS.map((version): StandardService => {
    const name = `grpc.reflection.${version}.ServerReflection`;
    const head = {
      path: `/${name}/ServerReflectionInfo`,
      requestStream: true,
      responseStream: true,
    };
    return {
      name,
      definition: {
        ServerReflectionInfo: lazyMethod<unknown, unknown>(
          head,
          () => reflectionMethod(version) as ReturnType<typeof lazyMethod>,
        ),
      },
      handlers: { ServerReflectionInfo },
      proto: reflectionProto(version),
    };
  });
}

class Answers {
  readonly #services: readonly { readonly name: string }[];
  readonly #index: ReflectionIndex;

  constructor({ services, protos }: ReflectionSource) {
    this.#services = [...services].sort().map((name) => ({ name }));
    this.#index = new ReflectionIndex(describeProtos(protos));
  }

  answer(request: ReflectionRequest, sent: Set<string>): ReflectionResponse {
    return {
      valid_host: request.host ?? "",
      original_request: request,
      ...this.#find(request, sent),
    };
  }

  #find(request: ReflectionRequest, sent: Set<string>): ReflectionResponse {
    const index = this.#index;
    const sendFile = (file: ReturnType<typeof index.findFile>, what: string) => {
      if (file === undefined) return notFound(what);
      const files = index.withDependencies(file, sent).map(({ octets }) => octets);
      return { file_descriptor_response: { file_descriptor_proto: files } };
    };
    if (request.list_services !== undefined) {
      return { list_services_response: { service: this.#services } };
    }
    if (request.file_by_filename !== undefined) {
      const name = request.file_by_filename;
      return sendFile(index.findFile(name), `the file ${quoteName(name)}`);
    }
    if (request.file_containing_symbol !== undefined) {
      const name = request.file_containing_symbol;
      return sendFile(index.findSymbol(name), `the symbol ${quoteName(name)}`);
    }
    if (request.file_containing_extension) {
      const { containing_type: name, extension_number: number } = request.file_containing_extension;
      const what = `the extension ${number} of ${quoteName(name)}`;
      return sendFile(index.findExtension(name, number), what);
    }
    if (request.all_extension_numbers_of_type !== undefined) {
      const name = request.all_extension_numbers_of_type;
      const numbers = index.listExtensions(name);
      if (numbers === undefined) return notFound(`the message ${quoteName(name)}`);
      return {
        all_extension_numbers_response: { base_type_name: name, extension_number: numbers },
      };
    }
    return fail(Status.INVALID_ARGUMENT, "The request asks for nothing that this server knows");
  }
}

function notFound(what: string): ReflectionResponse {
  return fail(Status.NOT_FOUND, `The server does not know ${what}`);
}

function fail(code: number, message: string): ReflectionResponse {
  return { error_response: { error_code: code, error_message: message } };
}

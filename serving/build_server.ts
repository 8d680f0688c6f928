import type { TokenFile } from "../interceptors/token_file.ts";
import type { RpcServer, ServerTls } from "../rpc/mod.ts";
import { builtinSchema, loadSchema, type Schema } from "../schema/mod.ts";
import {
  checkAnswers,
  createStandardServices,
  findHandlers,
  findInterceptors,
  HandlersError,
} from "../services/mod.ts";
import { createServer } from "./create_server.ts";
import { type HandlersModule, loadHandlers } from "./load_handlers.ts";
import { openTokens } from "./open_tokens.ts";
import type { ServeContext } from "./serve_context.ts";

/** A server with all that the flags ask for; it listens nowhere yet. */
export interface BuiltServer {
  readonly server: RpcServer;
  readonly schema: Schema;
  /** Who calls must carry one of its tokens; undefined where they need none. */
  readonly tokenFile: TokenFile | undefined;
  /** Tells who watches health, takes no more calls, and lets those that run finish within the grace period, in ms. */
  stop(graceMs: number): Promise<void>;
  /** Reads the tokens no more. */
  close(): void;
}

/** The `.proto` that is served: the one that is named, or the built-in databroker's. @throws SchemaError */
export function readSchema({ flags, positionals }: ServeContext): Promise<Schema> {
  return positionals.proto === undefined
    ? builtinSchema()
    : loadSchema([positionals.proto], { importPaths: flags.importPaths });
}

/**
 * Joins the services of a schema with the user's handlers, interceptors and tokens, and adds health and reflection.
 *
 * @throws HandlersError for a module that does not fit; CommandError for a file that cannot be used
 */
export async function buildServer(
  context: ServeContext,
  { schema, tls }: { readonly schema: Schema; readonly tls: ServerTls | undefined },
): Promise<BuiltServer> {
  const { flags } = context;
  const module = await loadHandlers(flags.handlersPath);
  const tokenFile = await openTokens(context, tls);
  try {
    const server = createServer(context, [
      ...(tokenFile === undefined ? [] : [tokenFile.interceptor]),
      ...findInterceptors(module, schema.services),
    ]);
    mountServices(context, server, { schema, module });
    const standard = createStandardServices(schema, { reflection: !flags.noReflection });
    for (const { definition, handlers } of standard.services) {
      server.addService(definition, handlers);
    }
    return {
      server,
      schema,
      tokenFile,
      stop(graceMs) {
        standard.stop();
        return server.shutdown({ graceMs });
      },
      close: () => tokenFile?.close(),
    };
  } catch (error) {
    tokenFile?.close();
    throw error instanceof HandlersError ? explainMisfit(error, context) : error;
  }
}

/** Joins each service with its handlers. @throws HandlersError */
function mountServices(
  { common }: ServeContext,
  server: RpcServer,
  { schema, module }: { readonly schema: Schema; readonly module: HandlersModule },
): void {
  for (const service of schema.services) {
    // One without methods has nothing to find handlers by.
    if (service.methods.length === 0) continue;
    const { handlers, missing } = findHandlers(module, service, schema.services);
    const warn = (sentence: string) => common.say(sentence, "yellow");
    server.addService(checkAnswers(service, warn), handlers);
    for (const name of missing) {
      common.say(`${service.fullName}/${name} has no handler: it answers UNIMPLEMENTED`);
    }
  }
}

/** Who forgot the `.proto` reads of services that they have never heard of. */
function explainMisfit(error: HandlersError, { positionals }: ServeContext): HandlersError {
  if (positionals.proto !== undefined) return error;
  const hint = "; no .proto was named, so that of the built-in databroker is served";
  return new HandlersError(error.message + hint, { cause: error });
}

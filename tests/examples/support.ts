/** The examples as tests run them: on `broker serve`, and with the same handlers on stock grpc-js under Node. */
import type { CallOptions as GeneratedOptions } from "../../codegen/templates/rpc.ts";
import { Channel, Metadata, type MethodDefinition } from "../../rpc/mod.ts";
import { loadSchema, type MethodKind, type Schema } from "../../schema/mod.ts";
import { startServer, temporaryFolder } from "../support/broker.ts";
import { nodePeer } from "../support/find_peers.ts";
import { repositoryPath } from "../support/paths.ts";
import { collectText } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { withTimeout } from "../support/with_timeout.ts";

/** What begins with `broker scaffold` and is checked as one: the folders of examples/ with a gen/. */
export const EXAMPLES: readonly string[] = [...Deno.readDirSync(repositoryPath("examples"))]
  .map(({ name }) => name)
  .filter((name) => isFile(repositoryPath(`examples/${name}/gen/scaffold.json`)))
  .sort();

const TIMEOUT_MS = 30_000;

/** An example that serves. */
export interface RunningExample<Clients> {
  readonly target: string;
  /** Typed clients of its services, on one channel. */
  readonly services: Clients;
  /** Typed clients on a channel of their own. */
  connect(): { readonly services: Clients; close(): void };
}

/** What a test does with an example, by the sentence that it proves. */
export type Scenarios<Clients> = Readonly<
  Record<string, (example: RunningExample<Clients>) => Promise<void>>
>;

/** Registers a test of the scenarios on `broker serve`, and one on grpc-js under Node. */
export async function testExample<Clients>(
  name: string,
  scenarios: Scenarios<Clients>,
): Promise<void> {
  const runAll = async (target: string, t: Deno.TestContext) => {
    const schema = await loadSchema([protoOf(name)]);
    const connect = () => openClients<Clients>(schema, target);
    const connection = connect();
    try {
      for (const [sentence, run] of Object.entries(scenarios)) {
        const example = { target, services: connection.services, connect };
        await t.step(sentence, () => withTimeout(run(example), TIMEOUT_MS, `"${sentence}"`));
      }
    } finally {
      connection.close();
    }
  };
  Deno.test(`examples/${name} on broker serve`, async (t) => {
    await using server = await serveExample(name);
    await runAll(server.target, t);
  });
  testWithPeers(
    { node: await nodePeer() },
    `examples/${name} on grpc-js under Node`,
    async ({ node }, t) => {
      await using server = await startUnderNode(name, node.executable);
      await runAll(server.target, t);
    },
  );
}

/** Starts `broker serve NAME.proto --handlers server.ts` with these further flags. */
export function serveExample(name: string, ...flags: readonly string[]) {
  const handlers = repositoryPath(`examples/${name}/server.ts`);
  return startServer([protoOf(name), "--handlers", handlers, "--log", "off", ...flags]);
}

export function protoOf(name: string): string {
  return repositoryPath(`examples/${name}/${name}.proto`);
}

/** Clients as `gen/` types them, on our channel instead of grpc-js. */
export function openClients<Clients>(
  schema: Schema,
  target: string,
): { readonly services: Clients; close(): void } {
  const channel = new Channel(target);
  const services: Record<string, Record<string, unknown>> = {};
  for (const { fullName, methods } of schema.services) {
    const client: Record<string, unknown> = {};
    for (const { name, kind, definition } of methods) {
      client[name] = (input: never, options?: GeneratedOptions) =>
        start(channel, { kind, definition }, { input, options });
    }
    services[fullName.slice(fullName.lastIndexOf(".") + 1)] = client;
  }
  // The same proto made the types.
  return { services: services as Clients, close: () => channel.close() };
}

function start(
  channel: Channel,
  { kind, definition }: { readonly kind: MethodKind; readonly definition: MethodDefinition },
  { input, options: { metadata = {}, ...rest } = {} }: {
    readonly input: never;
    readonly options: GeneratedOptions | undefined;
  },
): unknown {
  const options = { ...rest, metadata: Metadata.of(metadata) };
  switch (kind) {
    case "unary":
      return channel.unary(definition, input, options);
    case "server_streaming":
      return channel.serverStreaming(definition, input, options);
    case "client_streaming":
      return channel.clientStreaming(definition, input, options);
    case "bidirectional":
      return channel.bidirectional(definition, input, options);
  }
}

/** A `server.ts` that runs under Node. */
interface NodeServer extends AsyncDisposable {
  readonly target: string;
}

/** Runs a copy of the example, beside the packages of tests/peers/node, as its own `npm install` would have them. */
async function startUnderNode(name: string, executable: string): Promise<NodeServer> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryFolder());
  await copyFolder(repositoryPath(`examples/${name}`), `${path}/${name}`);
  await Deno.symlink(repositoryPath("tests/peers/node/node_modules"), `${path}/node_modules`);
  const child = new Deno.Command(executable, {
    args: ["server.ts"],
    cwd: `${path}/${name}`,
    env: { HOST: "127.0.0.1", PORT: "0", NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<string>();
  const outputs = [
    collectText(child.stdout, (text) => {
      const port = /^Listening on \S+:(\d+): /m.exec(text)?.[1];
      if (port !== undefined) listening.resolve(port);
    }),
    collectText(child.stderr),
  ];
  const ended = Promise.all([child.status, ...outputs]).then(([{ code }, ...printed]) => {
    // Does nothing once it listens.
    listening.reject(new Error(`The server ended with code ${code}: ${printed.join("")}`));
  });
  stack.defer(async () => {
    child.kill("SIGKILL");
    await withTimeout(ended, TIMEOUT_MS, "the server to end");
  });
  const port = await withTimeout(listening.promise, TIMEOUT_MS, `examples/${name} to listen`);
  const running = stack.move();
  return {
    target: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name === "node_modules") continue;
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    if (isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}

/** All that a stream holds. */
export async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  return await Array.fromAsync(stream);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

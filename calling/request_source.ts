import { CommandError, type InputFile, type Io, openInput } from "../cli/mod.ts";
import { JsonError, type JsonItem, JsonReader } from "../json/mod.ts";

/** Where the messages of a call come from. */
export interface RequestSource {
  /** As errors name it: `-d`, `"stdin"`, `"file.json"`. */
  readonly name: string;
  /** Ends the sentence for what is no JSON. */
  readonly hint?: string;
  readonly chunks: AsyncIterable<Uint8Array | string>;
  /** Ends the reading, even one that waits. Harmless when repeated. */
  close(): Promise<void>;
}

/**
 * Opens what `-d` names: JSON, `@` or `@-` for stdin, `@file`; without it there are no messages.
 *
 * @throws CommandError if the file cannot be read
 */
export async function openRequests(data: string | undefined, io: Io): Promise<RequestSource> {
  if (data === undefined || !data.startsWith("@")) {
    const hint = data !== undefined && await isFileName(data)
      ? `; a file is named as @${data}`
      : "";
    return { name: "-d", hint, chunks: piecesOf(data), close: () => Promise.resolve() };
  }
  const path = data === "@" ? "-" : data.slice(1);
  const input: InputFile = await openInput(path, io);
  return { ...input, name: path === "-" ? '"stdin"' : `"${path}"` };
}

/** Whether a text that was meant as JSON is rather the name of a file, by its ending or because there is one. */
async function isFileName(text: string): Promise<boolean> {
  if (/[{["\n]/.test(text) || text === "") return false;
  if (/\.(?:jsonl?|txt)$/i.test(text)) return true;
  try {
    return (await Deno.stat(text)).isFile;
  } catch {
    return false;
  }
}

async function* piecesOf(data: string | undefined): AsyncGenerator<string> {
  if (data !== undefined) yield data;
}

/**
 * Reads JSON values as they arrive.
 *
 * @param splitsArrays whether an array at the outside stands for the values in it
 * @throws CommandError with line and column for what is no JSON
 */
export async function* readRequests(
  { chunks, name, hint = "" }: RequestSource,
  splitsArrays: boolean,
): AsyncGenerator<JsonItem, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = new JsonReader({ splitsArrays });
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new CommandError(`Cannot read ${name}: it is not UTF-8`, { cause });
    }
  };
  try {
    for await (const chunk of chunks) {
      yield* reader.push(typeof chunk === "string" ? chunk : decode(chunk));
    }
    yield* reader.push(decode());
    yield* reader.finish();
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new CommandError(`Cannot read ${name} ${cause.message}${hint}`, { cause });
  }
}

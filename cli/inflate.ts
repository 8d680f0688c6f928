/** The first two octets of a gzip file (RFC 1952, section 2.3.1); no text in UTF-8 begins so. */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * Inflates an input that begins like a gzip file, and passes any other one on as it is.
 *
 * Several members one after the other, as `cat a.gz b.gz` and bgzip write them, are one text; the DecompressionStream of
 * Deno 2.9.6 refuses them. Memory is constant, however well the input is packed: it is inflated as it is read.
 *
 * @throws {Error} if what was packed is damaged or cut off; the message is the reason alone
 */
export async function* inflateIfPacked(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    const head = await readHead(source);
    if (GZIP_MAGIC.every((octet, index) => head[index] === octet)) {
      yield* gunzip(resume(head, source));
      return;
    }
    if (head.length > 0) yield head;
    for (let step = await source.next(); step.done !== true; step = await source.next()) {
      yield step.value;
    }
  } finally {
    await source.return?.();
  }
}

/** At least two octets, unless the input has fewer. */
async function readHead(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head = new Uint8Array();
  while (head.length < GZIP_MAGIC.length) {
    const step = await source.next();
    if (step.done === true) break;
    head = concat(head, step.value);
    // Text shows with its first octet: what stdin has typed so far must not wait for more.
    if (head.length > 0 && head[0] !== GZIP_MAGIC[0]) break;
  }
  return head;
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}

async function* resume(
  head: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  yield head;
  for (let step = await source.next(); step.done !== true; step = await source.next()) {
    yield step.value;
  }
}

async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  // Only here: they take 12 ms to load, and most commands inflate nothing.
  const { Readable } = await import("node:stream");
  const { createGunzip } = await import("node:zlib");
  const packed = Readable.from(chunks, { objectMode: false, highWaterMark: 64 * 1024 });
  const inflater = createGunzip({ chunkSize: 64 * 1024 });
  // What ends the source early ends the inflater with the same error.
  packed.on("error", (error) => inflater.destroy(error));
  packed.pipe(inflater);
  try {
    for await (const chunk of inflater) yield chunk;
  } catch (error) {
    throw explain(error);
  } finally {
    packed.destroy();
    inflater.destroy();
  }
}

function explain(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "Z_BUF_ERROR") {
    return new Error("it is cut off: the gzip data has no end", { cause: error });
  }
  return code === "Z_DATA_ERROR"
    ? new Error("it is damaged: its gzip data cannot be inflated", { cause: error })
    : error;
}

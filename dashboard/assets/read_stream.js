/** Longest line that is kept, in characters; a server sends none that is longer. */
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024;

/**
 * The lines of a body, as they arrive. Empty lines are left out.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {AsyncGenerator<string, void, void>}
 */
export async function* readLines(body) {
  for await (const line of readAllLines(body)) {
    if (line !== "") yield line;
  }
}

/**
 * The events of a `text/event-stream`, their data as JSON.
 *
 * Source: HTML Living Standard, 9.2.6 "Interpreting an event stream"; ids and retry times are not used here.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {AsyncGenerator<{ event: string, data: any }, void, void>} an `event` "" for a comment: a sign of life
 */
export async function* readEvents(body) {
  let event = "message";
  /** @type {string[]} */
  let data = [];
  for await (const line of readAllLines(body)) {
    if (line === "") {
      if (data.length > 0) yield { event, data: JSON.parse(data.join("\n")) };
      event = "message";
      data = [];
    } else if (line.startsWith(":")) {
      yield { event: "", data: undefined };
    } else {
      const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (name === "event") event = value;
      if (name === "data") data.push(value);
    }
  }
}

/** @param {ReadableStream<Uint8Array<ArrayBuffer>>} body */
async function* readAllLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  // Pieces of a line that has not ended: joined once, so that the cost is linear in its length.
  /** @type {string[]} */
  let pieces = [];
  let characters = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = value.split("\n");
      const last = lines.pop() ?? "";
      for (const line of lines) {
        const whole = pieces.length === 0 ? line : pieces.join("") + line;
        pieces = [];
        characters = 0;
        yield whole.endsWith("\r") ? whole.slice(0, -1) : whole;
      }
      characters += last.length;
      if (characters > MAX_LINE_CHARACTERS) throw new Error("The server sent a line without end");
      if (last !== "") pieces.push(last);
    }
    if (pieces.length > 0) yield pieces.join("");
  } finally {
    // Who stops reading ends the request.
    await reader.cancel().catch(() => {});
  }
}

import assert from "node:assert/strict";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { createEncodedRows } from "../../streaming/mod.ts";
import {
  AnswerText,
  createRowMapper,
  createWrittenAnswers,
  type Message,
  PlainLines,
  planColumns,
  readRows,
  type RowMapper,
} from "../../tabular/mod.ts";
import { field, message, utf8 } from "../tabular/support.ts";
import { FakeCall } from "./fake_call.ts";
import { Server, stream } from "./row_rig.ts";

const ROW = message("test.Row", field("id", "int32"), field("name", "string"));
const PLAN = planColumns({ header: ["id", "name"], columnCount: 2, message: ROW, source: "t.csv" });

function encodedRows() {
  const rows = createEncodedRows(PLAN, ",", {});
  assert.ok(rows !== undefined);
  return rows;
}

/** The first chunk is read by the general path: what follows it is plain. */
async function linesOf(text: string, chunkOctets = Infinity) {
  const octets = utf8(text);
  const chunks = async function* () {
    yield utf8("id,name\n");
    for (let at = 0; at < octets.length; at += chunkOctets) {
      yield octets.subarray(at, at + chunkOctets);
    }
  };
  const rows = await readRows(chunks(), { header: true, delimiter: "," });
  return rows.plainBatches();
}

async function oneOf(text: string): Promise<PlainLines> {
  for await (const batch of await linesOf(text)) {
    if (batch instanceof PlainLines) return batch;
  }
  throw new Error("There are no lines");
}

const NO_MAPPER: RowMapper = {
  toMessage: () => {
    throw new Error("The mapper was asked");
  },
};

/** A call that takes encoded rows, and answers each with what `answer` makes of its payload. */
class EncodedCall extends FakeCall {
  readonly encodedOutput = new ByteBuffer(0);
  readonly payloads: Uint8Array[] = [];
  onEncoded: (payloads: readonly Uint8Array[]) => void = () => {};
  hasRoom = true;

  sentEncoded(count: number): boolean {
    const payloads = cut(this.encodedOutput.view().slice());
    assert.equal(payloads.length, count);
    this.encodedOutput.clear();
    this.payloads.push(...payloads);
    this.onEncoded(payloads);
    return this.hasRoom;
  }
}

function cut(octets: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const view = new DataView(octets.buffer);
  for (let at = 0; at < octets.length;) {
    assert.equal(octets[at], 0);
    const end = at + 5 + view.getUint32(at + 1);
    payloads.push(octets.subarray(at + 5, end));
    at = end;
  }
  return payloads;
}

Deno.test("createEncodedRows() takes a delimiter of one character of ASCII", () => {
  assert.ok(createEncodedRows(PLAN, "\t", {}) !== undefined);
  for (const delimiter of ["§", "\u{1f980}"]) {
    assert.equal(createEncodedRows(PLAN, delimiter, {}), undefined);
  }
});

Deno.test("EncodedRows encodes up to a limit, and says why it stopped", async () => {
  const rows = encodedRows();
  const out = new ByteBuffer();
  const lines = await oneOf('1,a\n\n2,b\r\n3,c\nx,d\n5,e\n6,"f"\n7,g\n');
  assert.equal(rows.encode(lines, out, 2), "limit");
  assert.deepEqual([rows.count, ...rows.lines.subarray(0, 2)], [2, 2, 4]);
  assert.deepEqual(cut(out.view()), [utf8("\b\x01\x12\x01a"), utf8("\b\x02\x12\x01b")]);
  assert.equal(rows.encode(lines, out, 10), "record");
  assert.equal(rows.count, 1);
  const record = rows.takeRecord(lines);
  assert.deepEqual([record.cells, record.line], [["x", "d"], 6]);
  assert.equal(rows.encode(lines, out, 10), "rest");
  assert.deepEqual([rows.count, rows.record(lines, 0).cells], [1, ["5", "e"]]);
  assert.deepEqual(
    lines.rest().map(({ cells, line }) => [...cells, line]),
    [["6", "f", 8], ["7", "g", 9]],
  );
});

Deno.test("EncodedRows stops after so many rows, or so many octets, for others to have their turn", async () => {
  const rows = encodedRows();
  const short = await oneOf("1,a\n".repeat(1000));
  assert.equal(rows.encode(short, new ByteBuffer(), 1000), "limit");
  assert.equal(rows.count, 64);
  const long = await oneOf(`1,${"x".repeat(10_000)}\n`.repeat(10));
  assert.equal(rows.encode(long, new ByteBuffer(), 1000), "limit");
  assert.equal(rows.count, 2);
});

Deno.test("streamRows() sends plain lines without the mapper, each once and whole", async () => {
  const names = Array.from({ length: 500 }, (_, index) => `n${index + 1}`);
  const text = names.map((name, index) => `${index + 1},${name}\n`).join("");
  const call = new EncodedCall();
  call.onEncoded = (payloads) => call.answer(...payloads.map(() => ({ id: 1 })));
  call.onEnd = () => call.finish();
  const options = { encodedRows: encodedRows(), openCalls: [() => call], retry: { limit: 0 } };
  const { sent, answered, inputEnded } = await stream(
    new Server(() => {}),
    await linesOf(text),
    { ...options, mapper: NO_MAPPER, wantsRows: false },
  );
  assert.deepEqual([sent, answered, inputEnded], [500, 500, true]);
  // The name is what a payload ends with.
  const sentNames = call.payloads.map((payload) => /n\d+$/.exec(new TextDecoder().decode(payload)));
  assert.deepEqual(sentNames.map((name) => name?.[0]), names);
  assert.deepEqual(call.sent, []);
});

interface HeldBack {
  readonly name: string;
  readonly maxInFlight: number;
  readonly isCallFull: boolean;
  readonly mostInFlight: number;
}

const HELD_BACK: readonly HeldBack[] = [
  { name: "that may be in flight", maxInFlight: 7, isCallFull: false, mostInFlight: 7 },
  { name: "that the call has room for", maxInFlight: 1000, isCallFull: true, mostInFlight: 64 },
];

for (const { name, maxInFlight, isCallFull, ...wanted } of HELD_BACK) {
  Deno.test(`streamRows() sends no more encoded rows than those ${name}`, async () => {
    const text = Array.from({ length: 300 }, (_, index) => `${index + 1},n\n`).join("");
    const call = new EncodedCall();
    let inFlight = 0;
    let mostInFlight = 0;
    call.onEncoded = (payloads) => {
      inFlight += payloads.length;
      mostInFlight = Math.max(mostInFlight, inFlight);
      call.hasRoom = !isCallFull;
      queueMicrotask(() => {
        call.answer(...payloads.map(() => ({ id: 1 })));
        inFlight -= payloads.length;
        call.makeRoom();
      });
    };
    call.onEnd = () => call.finish();
    const { answered } = await stream(new Server(() => {}), await linesOf(text), {
      encodedRows: encodedRows(),
      openCalls: [() => call],
      maxInFlight,
    });
    assert.equal(answered, 300);
    assert.equal(mostInFlight, wanted.mostInFlight);
  });
}

Deno.test("streamRows() joins rows that were encoded, and sends them again on a new call", async () => {
  const text = Array.from({ length: 200 }, (_, index) => `${index + 1},n${index + 1}\n`).join("");
  const calls: FakeCall[] = [];
  const open = () => {
    const call = calls.length === 0 ? new EncodedCall() : new FakeCall();
    calls.push(call);
    if (call instanceof EncodedCall) {
      // The server goes after fifty answers.
      call.onEncoded = (payloads) => {
        if (call.payloads.length === payloads.length) {
          call.answer(...Array.from({ length: 50 }, (_, index) => ({ id: index + 1 })));
        } else {
          call.finish(14, "gone");
        }
      };
    } else {
      call.onSend = (sent) => {
        call.answer(sent);
        return true;
      };
      call.onEnd = () => call.finish();
    }
    return call;
  };
  const { joined, resent } = await stream(new Server(() => {}), await linesOf(text, 400), {
    encodedRows: encodedRows(),
    openCalls: [open],
    mapper: { toMessage: ({ cells: [id] }) => ({ id: Number(id) }) },
  });
  assert.deepEqual(joined, Array.from({ length: 200 }, (_, index) => [index + 1, index + 2]));
  assert.ok(resent > 0);
});

Deno.test("streamRows() says that rows are left, whenever the call ends while a bad row among lines is written", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const call = new EncodedCall();
    call.onEncoded = (payloads) => call.answer(...payloads.map(() => ({ id: 1 })));
    call.onEnd = () => call.finish();
    const { sent, inputEnded } = await stream(
      new Server(() => {}),
      await linesOf("x,a\n2,b\n3,c\n"),
      {
        encodedRows: encodedRows(),
        openCalls: [() => call],
        mapper: createRowMapper(PLAN),
        onBadRow: "skip",
        onOutcome: async ({ rejections }) => {
          if (rejections.length === 0) return;
          call.finish();
          for (let turn = 0; turn < turns; turn++) await undefined;
        },
      },
    );
    assert.equal(inputEnded, sent === 2, `${sent} of 2 rows sent after ${turns} turns`);
  }
});

Deno.test("streamRows() rejects no row among lines behind the last one that may be bad", async () => {
  const call = new EncodedCall();
  call.onEncoded = (payloads) => call.answer(...payloads.map(() => ({ id: 1 })));
  call.onEnd = () => call.finish();
  const { read, sent, rejected } = await stream(
    new Server(() => {}),
    await linesOf("1,a\nx,b\ny,c\n4,d\n"),
    {
      encodedRows: encodedRows(),
      openCalls: [() => call],
      mapper: createRowMapper(PLAN),
      onBadRow: "skip",
      maxErrors: 0,
    },
  );
  assert.deepEqual([read, sent, rejected], [2, 1, 1]);
});

/** Answers as the reader of a call hands them out that writes them as text. */
function createWriter() {
  const written = createWrittenAnswers({
    shape: message("test.Answer", field("id", "int32")),
    decode: (octets): Message => ({ id: -octets.length }),
  });
  assert.ok(written !== undefined);
  return (id: number) => {
    const octets = Uint8Array.of(8, id);
    return written.decode(octets, 0, 2) as Message;
  };
}

/** What leaves, one text or message after the other. */
function shown(outcomes: readonly { readonly answers: readonly Message[] }[]): string {
  return outcomes.flatMap(({ answers }) => answers)
    .map((answer) => answer instanceof AnswerText ? answer.text : `message ${answer["id"]}\n`)
    .join("");
}

Deno.test("streamRows() keeps the order of answers that are text and those that are messages", async () => {
  const call = new EncodedCall();
  const write = createWriter();
  call.onEncoded = (payloads) => {
    for (const { [1]: id } of payloads) {
      call.answer(id % 10 === 0 ? { id } : write(id));
    }
    // Beyond the rows.
    if (call.payloads.length === 100) call.answer(write(101), { id: 102 });
  };
  call.onEnd = () => call.finish();
  const text = Array.from({ length: 100 }, (_, index) => `${index + 1},n\n`).join("");
  const { outcomes, surplus, answered, latency } = await stream(
    new Server(() => {}),
    await linesOf(text),
    { encodedRows: encodedRows(), openCalls: [() => call], wantsRows: false },
  );
  const wanted = Array.from(
    { length: 102 },
    (_, index) =>
      (index + 1) % 10 === 0 || index === 101 ? `message ${index + 1}\n` : `${index + 1}\n`,
  );
  assert.equal(shown(outcomes), wanted.join(""));
  assert.deepEqual([answered, surplus], [100, 2]);
  assert.ok(latency !== undefined);
});

Deno.test("streamRows() holds text back that comes before the answers of earlier rows", async () => {
  const calls = [new EncodedCall(), new EncodedCall()];
  const text = Array.from({ length: 120 }, (_, index) => `${index + 1},n\n`).join("");
  const held: (() => void)[] = [];
  for (const [place, call] of calls.entries()) {
    const write = createWriter();
    call.onEncoded = (payloads) => {
      const answer = () => call.answer(...payloads.map(({ [1]: id }) => write(id)));
      // Those of the first call come last.
      if (place === 0) held.push(answer);
      else answer();
    };
    call.onEnd = () => {
      for (const answer of held.splice(0)) answer();
      call.finish();
    };
  }
  const { outcomes, answered } = await stream(new Server(() => {}), await linesOf(text), {
    encodedRows: encodedRows(),
    openCalls: calls.map((call) => () => call),
    maxInFlight: 200,
    wantsRows: false,
  });
  assert.equal(answered, 120);
  assert.equal(shown(outcomes), Array.from({ length: 120 }, (_, id) => `${id + 1}\n`).join(""));
});

import type { TypeBook } from "../calling/mod.ts";
import { type Channel, type Metadata, RpcError, Status } from "../rpc/mod.ts";
import type { MethodSchema } from "../schema/mod.ts";
import { describeError } from "../cli/describe_error.ts";
import { type Outcome, type RowCall, RowRun, type StreamSummary } from "../streaming/mod.ts";
import {
  type ColumnPlan,
  createRowMapper,
  type CsvRecord,
  planColumns,
  readRows,
  type RowMapper,
  type Rows,
  TabularError,
} from "../tabular/mod.ts";
import { readCallMetadata } from "./call_metadata.ts";
import { describeCallStatus, MAX_CALL_MS } from "./call_route.ts";
import { HttpError } from "./http_error.ts";
import { LineBody } from "./line_body.ts";
import { sampleMessage } from "./sample_message.ts";
import { sayWithoutFlags } from "./say_without_flags.ts";
import { readAhead, type UploadBudget } from "./upload_buffer.ts";

/** What messages call an upload whose name is not known, or would not be read as one within a sentence. */
const NAMELESS = "the upload";
const NAME = /^(?!.*; )[^"\\\p{C}]{1,255}$/u;
/** Rows sent and not answered, at most: on a stream, and where each row has a call of its own. */
const ROWS_IN_FLIGHT = 4096;
const CALLS_IN_FLIGHT = 50;
/** A message of the page's is shown whole up to this size, in characters. */
const MAX_MESSAGE_CHARS = 65_536;
/** How long the server may go on answering once nobody listens, in ms. */
const DRAIN_MS = 0;

/** What uploads are streamed with. */
export interface StreamTools {
  readonly book: TypeBook;
  readonly budget: UploadBudget;
  /** Aborts when the page closes. */
  readonly stop: AbortSignal;
  openChannel(): Channel;
}

/** Where the rows of a CSV file go. */
export interface Upload {
  readonly method: MethodSchema;
  /** As `--map` of `broker stream`: `column=field`, `column=`. */
  readonly map: readonly string[];
  /** What the file is called where it comes from. */
  readonly fileName?: string | null;
}

/** Leaves out columns that fit no field: the page shows which, and its user can see that it is right. */
const LEAVE_REST = "*=";

/**
 * `POST /api/stream`: the rows of a CSV file through a method, by the rules of `broker stream`; answers line by line: the
 * `plan`, each `row` with its request and answer, each row that was `rejected`, and at last the `status`.
 *
 * @param onEnd called once when all is over
 * @throws HttpError 400 for what is no CSV, or does not fit the method
 */
export async function answerUpload(
  request: Request,
  upload: Upload,
  tools: StreamTools,
  onEnd: () => void,
): Promise<ReadableStream<Uint8Array>> {
  const { method, fileName } = upload;
  const source = typeof fileName === "string" && NAME.test(fileName) ? fileName : NAMELESS;
  const metadata = readCallMetadata(request);
  if (request.body === null) throw new HttpError(400, "Cannot stream the upload: it is empty");
  const body = new LineBody(tools.stop);
  const { budget, stop } = tools;
  const chunks = readAhead(request.body, {
    budget,
    signal: body.signal,
    stop,
    onBroken: () => body.abandon("The upload was cut off"),
  });
  try {
    const rows = await readRows(chunks, {
      source,
      message: method.request,
      map: upload.map,
    });
    const plan = planColumns({
      header: rows.header,
      columnCount: rows.columnCount,
      headerLine: rows.firstLine,
      message: method.request,
      map: [...upload.map, LEAVE_REST],
      source,
    });
    if (plan.columns.every(({ target }) => target === undefined)) {
      throw noColumn(source, method, rows);
    }
    const mapper = createRowMapper(plan);
    new UploadRun({ method, tools, metadata, body, plan, mapper }).run(rows)
      .catch((error) => body.abandon(String(error))).finally(onEnd);
    return body.stream;
  } catch (cause) {
    body.abandon("The upload was refused");
    await chunks.return();
    if (cause instanceof TabularError) {
      throw new HttpError(400, sayWithoutFlags(cause.message), { cause });
    }
    throw new HttpError(400, "Cannot read the upload: it was cut off", { cause });
  }
}

function noColumn(
  source: string,
  { request }: MethodSchema,
  { header = [] }: Rows,
): TabularError {
  const fields = request.fields.slice(0, 20).map(({ name }) => name).join(", ");
  return new TabularError(
    `Cannot stream "${source}": none of its columns (${header.join(", ")}) is a field of ` +
      `${request.fullName}, which has ${fields}`,
  );
}

interface UploadParts {
  readonly method: MethodSchema;
  readonly tools: StreamTools;
  readonly metadata: Metadata;
  readonly body: LineBody;
  readonly plan: ColumnPlan;
  readonly mapper: RowMapper;
}

/** One upload on its way through a method. */
class UploadRun {
  readonly #parts: UploadParts;
  /** The row that each record was, from 1. */
  readonly #numbers = new WeakMap<CsvRecord, number>();
  #rows = 0;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  async run(rows: Rows): Promise<void> {
    const { method, tools, metadata, body, plan, mapper } = this.#parts;
    const columns = plan.columns.map(({ index, name, target }) => ({
      column: name ?? String(index + 1),
      field: target?.text ?? null,
    }));
    body.write(`${JSON.stringify({ plan: columns })}\n`);
    using channel = tools.openChannel();
    const isPerCall = !method.definition.requestStream;
    const openCall = () =>
      channel.call(method.definition, {
        metadata,
        timeoutMs: MAX_CALL_MS,
        signal: body.signal,
      }) as RowCall;
    const run = new RowRun({
      kind: method.kind,
      path: method.path,
      openCalls: [openCall],
      mapper,
      maxInFlight: isPerCall ? CALLS_IN_FLIGHT : ROWS_IN_FLIGHT,
      wantsRows: true,
      onBadRow: "skip",
      onOutcome: (outcome) => this.#write(outcome),
      stop: body.signal,
      drainMs: DRAIN_MS,
    });
    await this.#finish(await run.run(this.#count(rows.batches)));
  }

  async *#count(batches: AsyncIterable<CsvRecord[]>): AsyncGenerator<CsvRecord[]> {
    for await (const batch of batches) {
      for (const record of batch) this.#numbers.set(record, ++this.#rows);
      yield batch;
    }
  }

  #write({ answers, rows, rejections }: Outcome): Promise<void> | undefined {
    const { body, mapper } = this.#parts;
    const lines: string[] = [];
    for (const [index, message] of answers.entries()) {
      const answer = sampleMessage(message, MAX_MESSAGE_CHARS);
      const record = rows[index];
      const line = record === undefined ? { answer } : {
        row: this.#numbers.get(record),
        request: sampleMessage(mapper.toMessage(record), MAX_MESSAGE_CHARS),
        answer,
      };
      lines.push(JSON.stringify(line));
    }
    for (const { row, message, line } of rejections) {
      const record = "cells" in row ? row : row.records[0];
      const number = record === undefined ? undefined : this.#numbers.get(record);
      lines.push(
        JSON.stringify({ rejected: { row: number, line, sentence: sayWithoutFlags(message) } }),
      );
    }
    return lines.length === 0 ? undefined : body.write(`${lines.join("\n")}\n`);
  }

  async #finish(summary: StreamSummary): Promise<void> {
    const { body, tools } = this.#parts;
    const { inputError, read, answered, rejected, durationMs } = summary;
    // What is wrong with the upload is said in place of the OK that the call ended with.
    const isBroken = inputError !== undefined && summary.status.code === Status.OK;
    const status = !isBroken ? summary.status : {
      ...summary.status,
      code: inputError instanceof RpcError ? inputError.code : Status.INVALID_ARGUMENT,
      message: sayWithoutFlags(describeError(inputError)),
    };
    const described = await describeCallStatus(status, tools.book, durationMs);
    body.write(`${JSON.stringify({ status: described, rows: read, answered, rejected })}\n`);
    body.close();
  }
}

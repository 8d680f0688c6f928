import { AnswerList } from "./answer_list.js";
import { Chart } from "./chart.js";
import { byId, createPainter, setText } from "./dom.js";
import { showFieldChips } from "./field_chips.js";
import { formatCount, formatMs, formatOctets } from "./format.js";
import { SampleStore } from "./sample_store.js";
import { showStatus } from "./show_status.js";
import { chooseMethod, fillMethods } from "./watch_panel.js";

/** Rows that the chart keeps: the last ones of a longer file. */
const KEPT_ROWS = 20_000;
/** Marked and rejected rows that are listed; further ones are counted. */
const LISTED_ROWS = 200;

/**
 * @typedef {import("./api.js").Server} Server
 * @typedef {import("./message_book.js").MessageBook} MessageBook
 */

/** A CSV file streamed through a method, its predictions drawn while it streams. */
export class CsvView {
  #api;
  #select = byId("csv-method", HTMLSelectElement);
  #input = byId("csv-file", HTMLInputElement);
  #send = byId("csv-send", HTMLButtonElement);
  #cancel = byId("csv-cancel", HTMLButtonElement);
  #status = byId("csv-status");
  #chart = new Chart(byId("csv-canvas", HTMLCanvasElement), {
    readout: byId("csv-readout"),
    axis: "row",
  });
  #marked = new AnswerList(byId("csv-marked"), LISTED_ROWS);
  #rejected = new AnswerList(byId("csv-rejected"), LISTED_ROWS);
  /** @type {File | undefined} */
  #file;
  /** @type {AbortController | undefined} */
  #call;
  /** @type {MessageBook | undefined} */
  #book;
  /** @type {SampleStore | undefined} */
  #store;
  #answered = 0;
  #startedMs = 0;
  #count = createPainter(() => this.#countNow(), 100);

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
    this.#input.addEventListener("change", () => this.#choose(this.#input.files?.[0]));
    this.#send.addEventListener("click", () => this.#run());
    this.#cancel.addEventListener("click", () => this.#call?.abort());
    this.#listenForDrops();
    this.#choose(undefined);
  }

  /**
   * @param {Server} server
   * @param {MessageBook} book
   */
  setServer(server, book) {
    const before = this.#select.value;
    this.#book = book;
    fillMethods(this.#select, server, (method) => !method.path.startsWith("/grpc."));
    const path = book.methods.has(before) ? before : chooseMethod(server)?.path;
    if (path !== undefined) this.#select.value = path;
  }

  /** @param {File | undefined} file */
  #choose(file) {
    this.#file = file;
    this.#send.disabled = file === undefined || this.#call !== undefined;
    setText(
      byId("csv-hint"),
      file === undefined
        ? "The first row names the columns; each goes to the field of its name, as with broker stream."
        : `${file.name}, ${formatOctets(file.size)}`,
    );
  }

  async #run() {
    const method = this.#book?.methods.get(this.#select.value);
    const file = this.#file;
    if (file === undefined || method === undefined || this.#book === undefined) return;
    const call = new AbortController();
    this.#call = call;
    this.#begin(new SampleStore(method, { book: this.#book, capacity: KEPT_ROWS }));
    try {
      const lines = this.#api.stream({ path: method.path, file }, call.signal);
      if (!await this.#show(lines)) throw new Error("The server ended the answer without a status");
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      showStatus(this.#status, { kind: "failed", text: call.signal.aborted ? "Cancelled" : text });
    } finally {
      this.#call = undefined;
      this.#setRunning(false);
      this.#countNow();
    }
  }

  /** @param {SampleStore} store */
  #begin(store) {
    this.#store = store;
    this.#answered = 0;
    this.#startedMs = performance.now();
    this.#marked.clear();
    this.#rejected.clear();
    this.#chart.setStore(store);
    showFieldChips(byId("csv-fields"), { store, onChange: () => this.#chart.update() });
    setText(byId("csv-plan"), "");
    byId("csv-result").hidden = store.tracks.length === 0;
    byId("csv-lists").hidden = false;
    byId("csv-counts").hidden = false;
    showStatus(this.#status, { kind: "running", text: "Streaming…" });
    this.#setRunning(true);
    this.#countNow();
  }

  /**
   * @param {AsyncGenerator<any, void, void>} lines
   * @returns {Promise<boolean>} whether a status came
   */
  async #show(lines) {
    for await (const line of lines) {
      if (line.status !== undefined) {
        this.#end(line);
        return true;
      } else if (line.plan !== undefined) {
        setText(byId("csv-plan"), `Columns: ${line.plan.map(formatColumn).join(", ")}`);
      } else if (line.rejected !== undefined) {
        const { row, sentence } = line.rejected;
        this.#rejected.add({
          label: row === undefined ? "a row" : `row ${row}`,
          text: sentence,
          kind: kindOf(sentence),
        });
      } else if (line.row !== undefined) {
        this.#take(line);
      }
      this.#count();
    }
    return false;
  }

  /** @param {{ row: number, request?: import("./api.js").Json, answer?: import("./api.js").Json }} line */
  #take({ row, request, answer }) {
    const store = this.#store;
    if (store === undefined) return;
    this.#answered++;
    const number = store.add({
      call: 0,
      index: row,
      atMs: Date.now(),
      ...(request === undefined ? {} : { request }),
      ...(answer === undefined ? {} : { response: answer }),
    });
    if (store.isMarked(number)) {
      this.#marked.add({
        label: `row ${row}`,
        text: `${this.#book?.format(store.method.request, request)} → ${
          this.#book?.format(store.method.response, answer)
        }`,
      });
    }
    this.#chart.update();
  }

  /** @param {{ status: import("./api.js").Status, rows: number, answered: number, rejected: number }} line */
  #end({ status, rows, answered, rejected }) {
    const took = status.durationMs === undefined ? "" : ` in ${formatMs(status.durationMs)}`;
    const left = rejected === 0 ? "" : `, ${formatCount(rejected)} rejected`;
    // The OK of a call that had nothing to answer is no success of the upload.
    const isInVain = status.code === 0 && answered === 0;
    showStatus(this.#status, {
      kind: status.code === 0 && !isInVain ? "ok" : "failed",
      text: isInVain ? "No row was answered" : `${status.name} (${status.code})`,
      message: status.message,
      note: `${formatCount(answered)} of ${formatCount(rows)} rows answered${left}${took}`,
    });
  }

  #countNow() {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const rate = this.#call === undefined || seconds < 0.5
      ? ""
      : `, ${formatCount(this.#answered / seconds)} rows/s`;
    setText(
      byId("csv-counts"),
      `${formatCount(this.#answered)} answered, ${formatCount(this.#marked.count)} marked, ` +
        `${formatCount(this.#rejected.count)} rejected${rate}`,
    );
  }

  /** @param {boolean} isRunning */
  #setRunning(isRunning) {
    const hadFocus = document.activeElement === this.#send ||
      document.activeElement === this.#cancel;
    this.#send.disabled = isRunning || this.#file === undefined;
    this.#cancel.disabled = !isRunning;
    if (hadFocus) (isRunning ? this.#cancel : this.#send).focus();
  }

  #listenForDrops() {
    const place = byId("csv-drop");
    /** @param {DragEvent} event */
    const over = (event) => {
      event.preventDefault();
      place.classList.add("over");
    };
    place.addEventListener("dragenter", over);
    place.addEventListener("dragover", over);
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      this.#choose(event.dataTransfer?.files[0]);
    });
    // A file that is dropped beside it must not replace the page.
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => event.preventDefault());
  }
}

/**
 * What is wrong with a row, whatever its line and its cell hold.
 *
 * @param {string} sentence
 */
function kindOf(sentence) {
  return sentence.replace(/ line \d+/, "").replace(/: "(?:[^"\\]|\\.)*" is /, ": is ");
}

/** @param {{ column: string, field: string | null }} plan */
function formatColumn({ column, field }) {
  if (field === null) return `${column} (left out)`;
  return column === field ? column : `${column} → ${field}`;
}

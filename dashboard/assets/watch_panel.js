import { Chart } from "./chart.js";
import { byId, createPainter, make, setText } from "./dom.js";
import { showFieldChips } from "./field_chips.js";
import { formatCount, shortPath } from "./format.js";
import { copyText } from "./copy_text.js";
import { PairList } from "./pair_list.js";
import { SampleStore } from "./sample_store.js";
import { accessFlags, quote, targetOf } from "./shell_command.js";

/** Samples that are kept: as many as the page offers to show. */
const KEPT_SAMPLES = 5000;

/**
 * @typedef {import("./api.js").Server} Server
 * @typedef {import("./message_book.js").MessageBook} MessageBook
 */

/** The chart of one method's measurements, and its latest messages. */
export class WatchPanel {
  #select = byId("watch-method", HTMLSelectElement);
  #pause = byId("watch-pause");
  #note = byId("watch-note");
  #chart;
  #pairs = new PairList();
  /** @type {SampleStore | undefined} */
  #store;
  /** @type {MessageBook | undefined} */
  #book;
  /** @type {Server | undefined} */
  #server;
  #onWatch;
  #isPaused = false;
  #describe = createPainter(() => this.#describeNow(), 500);

  /** @param {(path: string | undefined) => void} onWatch called with the method whose samples are wanted */
  constructor(onWatch) {
    this.#onWatch = onWatch;
    const span = byId("watch-span", HTMLSelectElement);
    this.#chart = new Chart(byId("watch-canvas", HTMLCanvasElement), {
      readout: byId("watch-readout"),
      span: Number(span.value),
    });
    span.addEventListener("change", () => this.#chart.setSpan(Number(span.value)));
    this.#select.addEventListener("change", () => this.#begin(this.#select.value));
    this.#pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      setText(this.#pause, this.#isPaused ? "Resume" : "Pause");
    });
    byId("watch-empty-copy").addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.currentTarget);
      copyText(byId("watch-empty-command").textContent ?? "").then((isCopied) =>
        setText(button, isCopied ? "Copied" : "Select and copy it by hand")
      );
    });
  }

  /**
   * Shows what a server offers; keeps the chosen method if it is still there.
   *
   * @param {Server} server
   * @param {MessageBook} book
   */
  setServer(server, book) {
    this.#server = server;
    this.#book = book;
    const before = this.#select.value;
    fillMethods(this.#select, server);
    this.#begin(book.methods.has(before) ? before : chooseMethod(server)?.path);
  }

  /**
   * True for the methods whose messages can be shown.
   *
   * @param {string} path
   */
  canWatch(path) {
    return this.#book?.methods.has(path) ?? false;
  }

  /**
   * Shows another method.
   *
   * @param {string} path
   */
  watch(path) {
    if (!this.#book?.methods.has(path)) return;
    this.#begin(path);
    this.#select.scrollIntoView({ block: "center" });
    this.#select.focus();
  }

  /** @param {import("./api.js").Samples} samples */
  add({ method, samples, skipped }) {
    const store = this.#store;
    if (store === undefined || method !== store.method.path || this.#isPaused) return;
    const pairs = samples.map((sample, index) => {
      const number = store.add(sample, index === 0 ? skipped : 0);
      return { sample, isMarked: store.isMarked(number) };
    });
    this.#pairs.add(pairs);
    this.#chart.update();
    this.#describe();
  }

  /** @param {string | undefined} path */
  #begin(path) {
    const method = path === undefined ? undefined : this.#book?.methods.get(path);
    const book = this.#book;
    if (method === undefined || book === undefined || this.#server === undefined) return;
    this.#select.value = method.path;
    const store = new SampleStore(method, { book, capacity: KEPT_SAMPLES });
    this.#store = store;
    this.#pairs.clear({
      request: (message) => book.format(method.request, message),
      response: (message) => book.format(method.response, message),
    });
    this.#chart.setStore(store);
    showFieldChips(byId("watch-fields"), { store, onChange: () => this.#chart.update() });
    this.#explainEmpty(this.#server, method);
    this.#describeNow();
    this.#onWatch(method.path);
  }

  #describeNow() {
    const store = this.#store;
    if (store === undefined) return;
    const isEmpty = store.end === 0;
    const hasNumbers = store.tracks.length > 0;
    byId("watch-empty").hidden = !isEmpty;
    for (const id of ["watch-chart", "watch-fields", "watch-readout"]) {
      byId(id).hidden = isEmpty || !hasNumbers;
    }
    this.#note.hidden = isEmpty;
    if (!hasNumbers) {
      setText(this.#note, "Its messages have no numbers to draw; they are listed as they come.");
      return;
    }
    const { marked, skipped } = this.#chart.shown;
    const sampling = skipped === 0
      ? ""
      : `. Lines break where messages were left out, ${formatCount(skipped)} in all`;
    setText(this.#note, `${formatCount(marked)} of the samples shown are marked (▼)${sampling}`);
  }

  /**
   * @param {Server} server
   * @param {import("./api.js").Method} method
   */
  #explainEmpty(server, method) {
    const isStream = method.kind === "bidi_streaming" || method.kind === "client_streaming";
    setText(byId("watch-empty-title"), `No messages of ${method.name} yet`);
    setText(
      byId("watch-empty-text"),
      isStream
        ? "Stream measurements into it, and they are drawn here as they pass:"
        : "Call it, and its messages are shown here as they pass:",
    );
    const target = quote(targetOf(server));
    const path = quote(method.path.slice(1));
    const file = method.path.includes("databroker") ? "dataset/sensors.csv" : "measurements.csv";
    const command = isStream
      ? `broker stream ${file} ${target} --rate 20 --method ${path}`
      : `broker call ${target} ${path}`;
    setText(byId("watch-empty-command"), [command, ...accessFlags(server)].join(" "));
    setText(byId("watch-empty-copy"), "Copy");
  }
}

/**
 * Fills a choice of methods, a group for each service.
 *
 * @param {HTMLSelectElement} select
 * @param {Server} server
 * @param {(method: import("./api.js").Method) => boolean} [isWanted]
 */
export function fillMethods(select, server, isWanted = () => true) {
  select.replaceChildren(...server.services.flatMap((service) => {
    const options = service.methods.filter(isWanted).map((method) =>
      make("option", { text: shortPath(method.path), attributes: { value: method.path } })
    );
    return options.length === 0
      ? []
      : [make("optgroup", { attributes: { label: service.name } }, options)];
  }));
}

/**
 * The method that most likely carries measurements: streams first, those with numbers first.
 *
 * @param {Server} server
 */
export function chooseMethod(server) {
  const worth = (/** @type {import("./api.js").Method} */ method) =>
    (method.path.startsWith("/grpc.") ? -10 : 0) +
    (method.numericFields.request.length > 0 ? 3 : 0) +
    (method.numericFields.response.length > 0 ? 2 : 0) +
    (method.kind === "bidi_streaming" ? 2 : method.kind === "unary" ? 0 : 1);
  const methods = server.services.flatMap((service) => service.methods);
  return methods.toSorted((a, b) => worth(b) - worth(a))[0];
}

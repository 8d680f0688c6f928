import { byId, createPainter, make, setText } from "./dom.js";
import { formatClock } from "./format.js";

/** Pairs that are kept and shown. */
const KEPT = 50;
/** Shortest time between two pictures: nobody reads faster. */
const INTERVAL_MS = 250;
/** Characters of a message that are shown. */
const MAX_CHARACTERS = 600;

/**
 * @typedef {import("./api.js").Sample} Sample
 * @typedef {{ sample: Sample, isMarked: boolean }} Pair
 */

/** The latest requests and answers, newest first; its rows are used again and again. */
export class PairList {
  #list = byId("pairs");
  #empty = byId("pairs-empty");
  #pause = byId("pairs-pause");
  #onlyMarked = byId("pairs-marked", HTMLInputElement);
  /** Newest last. @type {Pair[]} */
  #pairs = [];
  /** @type {ReturnType<typeof createRow>[]} */
  #rows = [];
  #isPaused = false;
  #format = { request: toJson, response: toJson };
  #paint = createPainter(() => this.#paintNow(), INTERVAL_MS);

  constructor() {
    this.#pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      setText(this.#pause, this.#isPaused ? "Resume" : "Pause");
      this.#paint();
    });
    this.#onlyMarked.addEventListener("change", () => {
      this.#pairs = this.#onlyMarked.checked
        ? this.#pairs.filter(({ isMarked }) => isMarked)
        : this.#pairs;
      this.#paint();
    });
  }

  /** @param {readonly Pair[]} pairs oldest first */
  add(pairs) {
    if (this.#isPaused) return;
    const wanted = this.#onlyMarked.checked ? pairs.filter(({ isMarked }) => isMarked) : pairs;
    for (const pair of wanted.slice(-KEPT)) this.#join(pair);
    if (this.#pairs.length > KEPT) this.#pairs = this.#pairs.slice(-KEPT);
    this.#paint();
  }

  /**
   * Begins anew.
   *
   * @param {{ request: (message: unknown) => string, response: (message: unknown) => string }} format of the messages
   */
  clear(format) {
    this.#format = format;
    this.#pairs = [];
    this.#paint();
  }

  /** @param {Pair} pair an answer may come after its request */
  #join(pair) {
    const { call, index, request, response } = pair.sample;
    const earlier = request === undefined
      ? this.#pairs.findLast(({ sample }) =>
        sample.call === call && sample.index === index && sample.response === undefined
      )
      : undefined;
    if (earlier === undefined) {
      this.#pairs.push(pair);
    } else {
      earlier.sample = { ...earlier.sample, ...(response === undefined ? {} : { response }) };
      earlier.isMarked = pair.isMarked;
    }
  }

  #paintNow() {
    while (this.#rows.length < this.#pairs.length) {
      const row = createRow();
      this.#rows.push(row);
      this.#list.append(row.item);
    }
    this.#rows.forEach((row, position) => {
      const pair = this.#pairs[this.#pairs.length - 1 - position];
      row.item.hidden = pair === undefined;
      if (pair === undefined) return;
      const { sample, isMarked } = pair;
      row.item.classList.toggle("marked", isMarked);
      setText(row.mark, isMarked ? "▼ marked" : "");
      setText(row.time, formatClock(sample.atMs, true));
      setText(row.place, `call ${sample.call} · ${sample.index}`);
      setText(row.request, showMessage(sample.request, this.#format.request));
      setText(row.response, showMessage(sample.response, this.#format.response));
    });
    this.#empty.hidden = this.#pairs.length > 0;
    this.#list.hidden = this.#pairs.length === 0;
  }
}

function createRow() {
  const time = make("span");
  const place = make("span");
  const mark = make("span", { class: "mark" });
  const request = make("code");
  const response = make("code");
  const head = make("div", { class: "pair-head" }, [time, place, mark]);
  const item = make("li", {}, [
    head,
    make("div", { class: "pair-line" }, [arrow("in", "Request"), request]),
    make("div", { class: "pair-line" }, [arrow("out", "Answer"), response]),
  ]);
  return { item, time, place, mark, request, response };
}

/**
 * @param {string} text
 * @param {string} title
 */
function arrow(text, title) {
  return make("span", { class: "direction", text, attributes: { title } });
}

/**
 * @param {unknown} message
 * @param {(message: unknown) => string} format
 */
function showMessage(message, format) {
  if (message === undefined) return "…";
  const text = format(message);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text;
}

/** @param {unknown} message */
function toJson(message) {
  return JSON.stringify(message);
}

import { paintAxis, paintLane, paintMarks, paintRings } from "./chart_paint.js";
import { createPainter } from "./dom.js";
import { formatClock, formatCount } from "./format.js";

const LANE_PX = 78;
const LANE_GAP_PX = 20;
const TOP_PX = 26;
const CLOCK_PX = 24;
const RIGHT_PX = 10;

/** @typedef {import("./sample_store.js").SampleStore} SampleStore */

/** Measurements over the samples of a store, a lane for each field, with the predictions marked on them. */
export class Chart {
  #canvas;
  #readout;
  #span;
  #axis;
  /** @type {SampleStore | undefined} */
  #store;
  /** @type {import("./chart_paint.js").Theme} */
  #theme;
  /** Number of the sample under the cursor. @type {number | undefined} */
  #cursor;
  /** @type {import("./chart_paint.js").Area} */
  #area = { left: 0, top: TOP_PX, width: 0, height: 0 };
  #paint = createPainter(() => this.#paintNow());
  /** Of the samples in sight: those that are marked, and the messages left out between them. */
  shown = { marked: 0, skipped: 0 };

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ readout: HTMLElement, span?: number, axis?: "clock" | "row" }} options `readout` tells of the sample
   * under the cursor; `span` is the number of samples shown, all that are kept by default; the axis tells the time by
   * default
   */
  constructor(canvas, { readout, span, axis = "clock" }) {
    this.#canvas = canvas;
    this.#readout = readout;
    this.#span = span;
    this.#axis = axis;
    this.#theme = readTheme(canvas);
    new ResizeObserver(this.#paint).observe(canvas.parentElement ?? canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#theme = readTheme(canvas);
      this.#paint();
    });
    this.#listen();
  }

  /** @param {SampleStore | undefined} store */
  setStore(store) {
    this.#store = store;
    this.#setCursor(undefined);
  }

  /** @param {number | undefined} span */
  setSpan(span) {
    this.#span = span;
    this.#paint();
  }

  /** Asks for a new picture: the store has changed. */
  update() {
    this.#paint();
  }

  #scene() {
    const store = this.#store;
    const context = this.#canvas.getContext("2d");
    if (store === undefined || context === null) return undefined;
    const span = this.#span ?? Math.max(store.end - store.first, 2);
    const from = Math.max(store.first, store.end - span);
    const to = store.end;
    if (this.#cursor !== undefined && this.#cursor < from) this.#cursor = from;
    return { context, store, theme: this.#theme, from, to, span, cursor: this.#cursor };
  }

  #paintNow() {
    const scene = this.#scene();
    if (scene === undefined || this.#canvas.clientWidth === 0) return;
    const lanes = chooseLanes(scene.store);
    const height = TOP_PX + Math.max(lanes.length, 1) * (LANE_PX + LANE_GAP_PX) - LANE_GAP_PX +
      CLOCK_PX;
    const width = resize(this.#canvas, height);
    const left = width < 480 ? 40 : 54;
    this.#area = {
      left,
      top: TOP_PX,
      width: width - left - RIGHT_PX,
      height: height - TOP_PX - CLOCK_PX,
    };
    scene.context.clearRect(0, 0, width, height);
    const painted = lanes.map((lane, index) => {
      const top = TOP_PX + index * (LANE_PX + LANE_GAP_PX);
      const area = { ...this.#area, top, height: LANE_PX };
      return { lane, area, yOf: paintLane(scene, area, lane) };
    });
    const marked = paintMarks(scene, this.#area);
    for (const { lane, area, yOf } of painted) paintRings(scene, area, { lane, marked, yOf });
    paintAxis(scene, this.#area, this.#axis);
    this.#describe(scene, marked);
  }

  /**
   * @param {import("./chart_paint.js").Scene} scene
   * @param {readonly number[]} marked
   */
  #describe({ store, from, to }, marked) {
    let skipped = 0;
    for (let number = from + 1; number < to; number++) {
      skipped += store.gaps[store.slot(number)] ?? 0;
    }
    this.shown = { marked: marked.length, skipped };
    const { dataset } = this.#canvas;
    dataset.samples = String(store.end);
    dataset.marked = String(marked.length);
    const label = `Chart of ${store.method.name}: the last ${formatCount(to - from)} samples, ` +
      `${formatCount(marked.length)} marked. Arrow keys move through them, M to the next mark`;
    if (this.#canvas.ariaLabel !== label) this.#canvas.ariaLabel = label;
    this.#readout.textContent = this.#cursor === undefined
      ? "Point at the chart, or focus it and use the arrow keys, to read a sample; M goes to the next mark."
      : describeSample(store, this.#cursor);
  }

  /** @param {number | undefined} cursor */
  #setCursor(cursor) {
    this.#cursor = cursor;
    this.#paint();
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener("pointermove", (event) => {
      const scene = this.#scene();
      if (scene === undefined || scene.to === scene.from) return;
      const share = (event.offsetX - this.#area.left) / this.#area.width;
      const number = scene.from + Math.round(share * (scene.span - 1));
      this.#setCursor(clamp(number, scene.from, scene.to - 1));
    });
    canvas.addEventListener("pointerleave", () => this.#setCursor(undefined));
    canvas.addEventListener("blur", () => this.#setCursor(undefined));
    canvas.addEventListener("keydown", (event) => {
      const scene = this.#scene();
      if (scene === undefined || scene.to === scene.from) return;
      const next = nextCursor(event, scene);
      if (next === undefined) return;
      event.preventDefault();
      this.#setCursor(clamp(next, scene.from, scene.to - 1));
    });
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {import("./chart_paint.js").Scene} scene
 */
function nextCursor({ key, shiftKey, ctrlKey, metaKey, altKey }, { store, from, to, cursor }) {
  if (ctrlKey || metaKey || altKey) return undefined;
  const step = shiftKey ? 10 : 1;
  if (key === "ArrowLeft") return (cursor ?? to) - step;
  if (key === "ArrowRight") return (cursor ?? from - 1) + step;
  if (key === "Home") return from;
  if (key === "End") return to - 1;
  if (key.toLowerCase() !== "m") return undefined;
  const start = cursor ?? from - 1;
  for (let ahead = 1; ahead <= to - from; ahead++) {
    const number = from + ((start - from + ahead) % (to - from));
    if (store.isMarked(number)) return number;
  }
  return undefined;
}

/**
 * The strips of the chart. A numeric prediction of a measurement's name is drawn over it; others get their own.
 *
 * @param {SampleStore} store
 * @returns {import("./chart_paint.js").Lane[]}
 */
function chooseLanes(store) {
  const lanes = store.requestTracks
    .filter(({ isChosen }) => isChosen)
    .map((track) => ({ name: track.name, tracks: [track] }));
  for (const track of store.responseTracks.filter(({ mode }) => mode === "line")) {
    const same = lanes.find(({ name }) => name === track.name);
    if (same === undefined) lanes.push({ name: track.name, tracks: [track] });
    else same.tracks.push(track);
  }
  const seen = lanes.filter(({ tracks }) => tracks.some(({ seen }) => seen > 0));
  return seen.length > 0 ? seen : lanes;
}

/**
 * @param {SampleStore} store
 * @param {number} number
 */
function describeSample(store, number) {
  const slot = store.slot(number);
  const values = store.tracks
    .filter(({ isChosen, mode, side }) => side === "request" ? isChosen : mode !== "off")
    .map(({ name, values, type, side }) => {
      const value = values[slot] ?? NaN;
      const text = type === "bool" ? String(value === 1) : String(+value.toPrecision(7));
      return `${side === "response" ? "→ " : ""}${name} ${Number.isNaN(value) ? "–" : text}`;
    });
  const clock = formatClock(store.times[slot] ?? 0, true);
  const mark = store.isMarked(number) ? "  ▼ marked" : "";
  return `${clock}  call ${store.calls[slot]}, message ${store.indices[slot]}:  ` +
    values.join("  ") + mark;
}

/**
 * Gives the canvas as many pixels as the screen shows.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} height in CSS pixels
 * @returns {number} its width in CSS pixels
 */
function resize(canvas, height) {
  const width = canvas.clientWidth;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  canvas.getContext("2d")?.setTransform(scale, 0, 0, scale, 0, 0);
  return width;
}

/**
 * @param {Element} element
 * @returns {import("./chart_paint.js").Theme}
 */
function readTheme(element) {
  const style = getComputedStyle(element);
  /** @param {string} name */
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"),
    muted: read("--muted"),
    grid: read("--grid"),
    mark: read("--mark"),
    surface: read("--surface"),
    series: [1, 2, 3, 4, 5, 6].map((index) => read(`--series-${index}`)),
    font: `11px ${style.fontFamily}`,
  };
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

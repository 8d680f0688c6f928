import { isBookkeeping, isInteger, valueAt } from "./message_book.js";

/** Fields of each side that are kept; a message with more is cut. */
const MAX_FIELDS = 24;
/** Fields of each side that are drawn before the user chooses. */
const MAX_CHOSEN = 6;

/**
 * A field that can be drawn.
 *
 * @typedef {"line" | "mark" | "off"} Mode
 * @typedef {{
 *   side: "request" | "response", name: string, key: string, type: string, mode: Mode,
 *   canBeFlag: boolean, isChosen: boolean, absentValue: number, values: Float64Array, seen: number,
 *   onMode?: () => void,
 * }} Track `onMode` is told when the store itself changes the mode
 */

/**
 * The numbers of the last samples of one method, in columns of fixed size: memory does not grow with the stream.
 *
 * How predictions are told (docs/dashboard.md): a `bool` field of the answer marks the samples where it is true. So
 * does a whole-number field for as long as it has only been 0 or 1: non-zero marks. Any other number is a line. The
 * user may choose otherwise.
 */
export class SampleStore {
  #capacity;
  /** Samples ever added: the number of the next one. */
  #total = 0;
  /** Requests whose answer has not come, by call and index. @type {Map<string, number>} */
  #open = new Map();

  /**
   * @param {import("./api.js").Method} method
   * @param {{ book: import("./message_book.js").MessageBook, capacity: number }} options
   */
  constructor(method, { book, capacity }) {
    this.method = method;
    this.#capacity = capacity;
    this.times = new Float64Array(capacity);
    this.calls = new Float64Array(capacity);
    this.indices = new Float64Array(capacity);
    /** How many messages were left out before each. */
    this.gaps = new Uint32Array(capacity);
    /** @param {"request" | "response"} side */
    const tracksOf = (side) =>
      method.numericFields[side].slice(0, MAX_FIELDS).map((name) =>
        createTrack(name, { side, field: book.field(method[side], name), capacity })
      );
    this.requestTracks = tracksOf("request");
    this.responseTracks = tracksOf("response");
    this.tracks = [...this.requestTracks, ...this.responseTracks];
    chooseAll(this.requestTracks);
    chooseAll(this.responseTracks);
  }

  /** Number of the oldest sample that is kept. */
  get first() {
    return Math.max(0, this.#total - this.#capacity);
  }

  /** Number after the newest sample. */
  get end() {
    return this.#total;
  }

  /**
   * Where the columns have the sample with this number.
   *
   * @param {number} number from `first` to below `end`
   */
  slot(number) {
    return number % this.#capacity;
  }

  /**
   * Takes a sample in, or joins an answer to the request that came before it.
   *
   * @param {import("./api.js").Sample} sample
   * @param {number} [skipped] messages that were left out before it
   * @returns {number} the sample's number
   */
  add(sample, skipped = 0) {
    const key = `${sample.call}:${sample.index}`;
    const earlier = sample.request === undefined ? this.#open.get(key) ?? -1 : -1;
    const number = earlier >= this.first ? earlier : this.#append(sample, skipped);
    if (sample.response !== undefined) this.#open.delete(key);
    else this.#open.set(key, number);
    if (this.#open.size > this.#capacity) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.#open.delete(oldest);
    }
    const slot = this.slot(number);
    for (const track of this.tracks) {
      const message = sample[track.side];
      if (message !== undefined) this.#put(track, slot, valueAt(message, track.name));
    }
    return number;
  }

  /**
   * True where a prediction marks this sample.
   *
   * @param {number} number
   */
  isMarked(number) {
    const slot = this.slot(number);
    return this.responseTracks.some(({ mode, values }) => {
      const value = values[slot] ?? NaN;
      return mode === "mark" && value !== 0 && !Number.isNaN(value);
    });
  }

  /**
   * @param {import("./api.js").Sample} sample
   * @param {number} skipped
   */
  #append(sample, skipped) {
    const number = this.#total++;
    const slot = this.slot(number);
    this.times[slot] = sample.atMs;
    this.calls[slot] = sample.call;
    this.indices[slot] = sample.index;
    this.gaps[slot] = skipped;
    for (const { values } of this.tracks) values[slot] = NaN;
    return number;
  }

  /**
   * @param {Track} track
   * @param {number} slot
   * @param {unknown} value
   */
  #put(track, slot, value) {
    const number = toNumber(value, track.absentValue);
    track.values[slot] = number;
    if (Number.isNaN(number)) return;
    track.seen++;
    if (track.canBeFlag && number !== 0 && number !== 1) {
      track.canBeFlag = false;
      if (track.mode === "mark") track.mode = "line";
      track.onMode?.();
    }
  }
}

/**
 * @param {string} name
 * @param {{ side: "request" | "response", field: import("./api.js").Field | undefined, capacity: number }} options
 * @returns {Track}
 */
function createTrack(name, { side, field, capacity }) {
  const type = field?.type ?? "double";
  const isFlag = side === "response" && (type === "bool" || isInteger(type)) &&
    !isBookkeeping(name);
  return {
    side,
    name,
    key: `${side}.${name}`,
    type,
    mode: isFlag ? "mark" : "line",
    canBeFlag: isFlag && type !== "bool",
    isChosen: false,
    // Without presence, protobuf does not send a 0: what is not there is one. A missing optional is no reading.
    absentValue: field === undefined || field.label === "" ? 0 : NaN,
    values: new Float64Array(capacity).fill(NaN),
    seen: 0,
  };
}

/**
 * Chooses the fields that are drawn at first: those that do not look like a row's number or a time.
 *
 * @param {Track[]} tracks
 */
function chooseAll(tracks) {
  const readings = tracks.filter(({ name }) => !isBookkeeping(name));
  for (const track of readings.slice(0, MAX_CHOSEN)) track.isChosen = true;
  for (const track of tracks) {
    if (track.side === "response" && !track.isChosen) track.mode = "off";
  }
}

/**
 * @param {unknown} value as JSON has it: 64-bit integers, NaN and Infinity are strings
 * @param {number} absentValue
 */
function toNumber(value, absentValue) {
  if (value === undefined) return absentValue;
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string" && value.trim() !== "") return Number(value);
  return NaN;
}

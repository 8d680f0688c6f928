import { chooseScale, formatTick } from "./chart_scale.js";
import { formatClock, formatCount } from "./format.js";

/**
 * @typedef {import("./sample_store.js").SampleStore} SampleStore
 * @typedef {import("./sample_store.js").Track} Track
 * @typedef {{ ink: string, muted: string, grid: string, mark: string, surface: string, series: string[], font: string }} Theme
 * @typedef {{ tracks: Track[] }} Lane one strip of the chart with a scale of its own
 * @typedef {{ left: number, top: number, width: number, height: number }} Area
 * @typedef {{
 *   context: CanvasRenderingContext2D, store: SampleStore, theme: Theme,
 *   from: number, to: number, span: number, cursor: number | undefined,
 * }} Scene `from` up to below `to` are the samples shown, `span` how many fit
 */

/** Marks that are drawn with a ring on each line; beyond, only as a line. */
const MAX_RINGS = 120;

/**
 * Where a sample lies.
 *
 * @param {Scene} scene
 * @param {Area} area
 * @param {number} number
 */
export function xOf({ from, span }, area, number) {
  return area.left + ((number - from) / Math.max(span - 1, 1)) * area.width;
}

/**
 * Draws one lane: its scale, its lines, its name.
 *
 * @param {Scene} scene
 * @param {Area} area
 * @param {Lane} lane
 */
export function paintLane(scene, area, lane) {
  const { context, store, theme } = scene;
  const bounds = boundsOf(scene, lane);
  const scale = chooseScale(bounds.low, bounds.high);
  /** @param {number} value */
  const yOf = (value) =>
    area.top + area.height - ((value - scale.low) / (scale.high - scale.low)) * area.height;
  paintGrid(scene, area, { scale, yOf });
  lane.tracks.forEach((track, index) => {
    context.strokeStyle = track.side === "response"
      ? theme.series.at(-1) ?? theme.ink
      : theme.series[store.requestTracks.indexOf(track) % (theme.series.length - 1)] ?? theme.ink;
    context.fillStyle = context.strokeStyle;
    context.setLineDash(index > 0 ? [5, 3] : []);
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    const isDense = scene.to - scene.from > area.width * 2;
    if (isDense) paintColumns(scene, area, { track, yOf });
    else paintLine(scene, area, { track, yOf });
    context.setLineDash([]);
  });
  paintName(scene, area, lane);
  return yOf;
}

/**
 * Draws the lines of marked samples through all lanes, and says how many there are.
 *
 * @param {Scene} scene
 * @param {Area} area of all lanes
 * @returns {number[]} the marked samples
 */
export function paintMarks(scene, area) {
  const { context, store, theme } = scene;
  const marked = [];
  for (let number = scene.from; number < scene.to; number++) {
    if (store.isMarked(number)) marked.push(number);
  }
  context.fillStyle = theme.mark;
  // Many marks side by side become a ground, through which the lines still show.
  context.globalAlpha = marked.length > area.width / 8 ? 0.16 : 0.4;
  let before = -Infinity;
  for (const number of marked) {
    const x = Math.round(xOf(scene, area, number));
    if (x === before) continue;
    before = x;
    context.fillRect(x, area.top - 14, 1, area.height + 14);
  }
  context.globalAlpha = 1;
  context.beginPath();
  // A triangle as well: a mark must not be told by its colour alone.
  for (const number of marked) {
    const x = xOf(scene, area, number);
    context.moveTo(x - 4, area.top - 23);
    context.lineTo(x + 4, area.top - 23);
    context.lineTo(x, area.top - 16);
    context.closePath();
  }
  context.fill();
  return marked;
}

/**
 * Draws rings around the marked points of a lane.
 *
 * @param {Scene} scene
 * @param {Area} area
 * @param {{ lane: Lane, marked: readonly number[], yOf: (value: number) => number }} points
 */
export function paintRings(scene, area, { lane, marked, yOf }) {
  const [track] = lane.tracks;
  if (track === undefined || marked.length > MAX_RINGS) return;
  const { context, store, theme } = scene;
  context.strokeStyle = theme.mark;
  context.fillStyle = theme.surface;
  context.lineWidth = 1.75;
  for (const number of marked) {
    const value = track.values[store.slot(number)] ?? NaN;
    if (!Number.isFinite(value)) continue;
    context.beginPath();
    context.arc(xOf(scene, area, number), yOf(value), 3.5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

/**
 * Draws the times or the row numbers below the lanes, and the cursor.
 *
 * @param {Scene} scene
 * @param {Area} area of all lanes
 * @param {"clock" | "row"} axis
 */
export function paintAxis(scene, area, axis) {
  const { context, store, theme } = scene;
  context.fillStyle = theme.muted;
  context.font = theme.font;
  context.textBaseline = "top";
  const labels = Math.max(2, Math.floor(area.width / 150));
  let rightmost = -Infinity;
  for (let label = 0; label <= labels; label++) {
    const number = scene.from + Math.round((label / labels) * (scene.span - 1));
    if (number >= scene.to) break;
    const slot = store.slot(number);
    const text = axis === "clock"
      ? formatClock(store.times[slot] ?? 0)
      : `row ${formatCount(store.indices[slot] ?? 0)}`;
    const width = context.measureText(text).width;
    const x = Math.min(
      Math.max(xOf(scene, area, number) - width / 2, area.left),
      area.left + area.width - width,
    );
    if (x < rightmost + 12) continue;
    context.fillText(text, x, area.top + area.height + 7);
    rightmost = x + width;
  }
  if (scene.cursor === undefined) return;
  const x = Math.round(xOf(scene, area, scene.cursor)) + 0.5;
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, area.top);
  context.lineTo(x, area.top + area.height);
  context.stroke();
}

/**
 * @param {Scene} scene
 * @param {Lane} lane
 */
function boundsOf({ store, from, to }, lane) {
  let low = Infinity;
  let high = -Infinity;
  for (const { values } of lane.tracks) {
    for (let number = from; number < to; number++) {
      const value = values[store.slot(number)] ?? NaN;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? { low, high } : { low: 0, high: 1 };
}

/**
 * @param {Scene} scene
 * @param {Area} area
 * @param {{ scale: import("./chart_scale.js").Scale, yOf: (value: number) => number }} axis
 */
function paintGrid({ context, theme }, area, { scale, yOf }) {
  context.font = theme.font;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  context.strokeStyle = theme.grid;
  const lines = Math.round((scale.high - scale.low) / scale.step);
  // Labels need 14 px each; the lowest and the highest always stand.
  const every = Math.max(1, Math.ceil(lines / Math.max(1, Math.floor(area.height / 18))));
  for (let line = 0; line <= lines; line++) {
    if (line % every !== 0) continue;
    const value = scale.low + line * scale.step;
    const y = Math.round(yOf(value)) + 0.5;
    context.beginPath();
    context.moveTo(area.left, y);
    context.lineTo(area.left + area.width, y);
    context.stroke();
    context.fillStyle = theme.muted;
    context.fillText(formatTick(value, scale), area.left - 8, y);
  }
  context.textAlign = "left";
}

/**
 * @param {Scene} scene
 * @param {Area} area
 * @param {{ track: Track, yOf: (value: number) => number }} line
 */
function paintLine(scene, area, { track, yOf }) {
  const { context, store, from, to } = scene;
  const joinsCalls = store.method.kind === "unary";
  /** The last point of each call, so that calls at the same time are lines of their own. @type {Map<number, [x: number, y: number]>} */
  const last = new Map();
  let drawn = -1;
  context.beginPath();
  for (let number = from; number < to; number++) {
    const slot = store.slot(number);
    const value = track.values[slot] ?? NaN;
    if (!Number.isFinite(value)) continue;
    const call = joinsCalls ? 0 : store.calls[slot] ?? 0;
    const x = xOf(scene, area, number);
    const y = yOf(value);
    const before = (store.gaps[slot] ?? 0) > 0 ? undefined : last.get(call);
    if (before === undefined) {
      context.rect(x - 0.5, y - 0.5, 1, 1);
      context.moveTo(x, y);
    } else {
      // One line of many points costs much less than many lines.
      if (call !== drawn) context.moveTo(...before);
      context.lineTo(x, y);
    }
    drawn = call;
    last.set(call, [x, y]);
  }
  context.stroke();
}

/**
 * Draws more samples than there are pixels: from the lowest to the highest of each column.
 *
 * @param {Scene} scene
 * @param {Area} area
 * @param {{ track: Track, yOf: (value: number) => number }} line
 */
function paintColumns(scene, area, { track, yOf }) {
  const { context, store, from, to } = scene;
  context.beginPath();
  let column = -1;
  let top = Infinity;
  let bottom = -Infinity;
  const flush = () => {
    if (top > bottom) return;
    context.moveTo(column + 0.5, top - 0.75);
    context.lineTo(column + 0.5, bottom + 0.75);
  };
  for (let number = from; number < to; number++) {
    const value = track.values[store.slot(number)] ?? NaN;
    if (!Number.isFinite(value)) continue;
    const x = Math.floor(xOf(scene, area, number));
    const y = yOf(value);
    if (x !== column) {
      flush();
      column = x;
      top = bottom = y;
    } else if (y < top) top = y;
    else if (y > bottom) bottom = y;
  }
  flush();
  context.stroke();
}

/**
 * @param {Scene} scene
 * @param {Area} area
 * @param {Lane} lane
 */
function paintName({ context, theme }, area, lane) {
  const [first, ...others] = lane.tracks.map(({ side, name }) =>
    side === "response" ? `→ ${name}` : name
  );
  const text = others.length === 0 ? first ?? "" : `${first}, dashed: ${others.join(", ")}`;
  context.font = `600 ${theme.font}`;
  context.textBaseline = "top";
  const width = context.measureText(text).width;
  context.fillStyle = theme.surface;
  context.fillRect(area.left, area.top - 14, width + 4, 12);
  context.fillStyle = theme.ink;
  context.fillText(text, area.left, area.top - 14);
}

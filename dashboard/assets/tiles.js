import { byId, make, setText } from "./dom.js";
import { formatCount, formatNumber, formatOctets } from "./format.js";

/** Seconds that the small curves show. */
const HISTORY = 60;

/** The figures at the top: connections, streams, calls, messages and octets a second. */
export class Tiles {
  #tiles;

  constructor() {
    const list = byId("tiles");
    /**
     * @param {string} name
     * @param {boolean} [hasCurve]
     */
    const tile = (name, hasCurve = false) => {
      const value = make("dd", { text: "–" });
      const curve = hasCurve ? new Curve() : undefined;
      list.append(make("div", { class: "tile" }, [
        make("dt", { text: name }),
        value,
        ...(curve === undefined ? [] : [curve.canvas]),
      ]));
      return { value, curve };
    };
    this.#tiles = {
      connections: tile("Connections"),
      streams: tile("Open streams"),
      running: tile("Running calls"),
      received: tile("In, msg/s", true),
      sent: tile("Out, msg/s", true),
      octets: tile("Traffic/s", true),
    };
  }

  /**
   * @param {import("./api.js").Stats} stats
   * @param {ReturnType<import("./rates.js").Rates["add"]>} rates
   */
  update(stats, rates) {
    setText(this.#tiles.connections.value, formatCount(stats.connections));
    setText(this.#tiles.streams.value, formatCount(stats.streams));
    setText(this.#tiles.running.value, formatCount(stats.running));
    if (rates === undefined) return;
    const { received, sent, octets } = rates.total;
    setText(this.#tiles.received.value, formatNumber(received));
    setText(this.#tiles.sent.value, formatNumber(sent));
    setText(this.#tiles.octets.value, formatOctets(octets));
    this.#tiles.received.curve?.add(received);
    this.#tiles.sent.curve?.add(sent);
    this.#tiles.octets.curve?.add(octets);
  }
}

/** The last minute of a figure, as a small curve. */
class Curve {
  canvas = make("canvas", { class: "curve", attributes: { "aria-hidden": "true" } });
  /** @type {number[]} */
  #values = [];

  /** @param {number} value */
  add(value) {
    this.#values.push(value);
    if (this.#values.length > HISTORY) this.#values.shift();
    requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    const { canvas } = this;
    const context = canvas.getContext("2d");
    const { clientWidth: width, clientHeight: height } = canvas;
    if (context === null || width === 0) return;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    context.scale(scale, scale);
    const high = Math.max(...this.#values, 1e-9);
    const style = getComputedStyle(canvas);
    context.beginPath();
    this.#values.forEach((value, index) => {
      const x = width - (this.#values.length - 1 - index) * (width / (HISTORY - 1));
      const y = height - 1.5 - (value / high) * (height - 3);
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    context.strokeStyle = style.color;
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    context.stroke();
    context.lineTo(width, height);
    context.lineTo(width - (this.#values.length - 1) * (width / (HISTORY - 1)), height);
    context.globalAlpha = 0.12;
    context.fillStyle = style.color;
    context.fill();
  }
}

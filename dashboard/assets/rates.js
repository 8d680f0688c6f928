/**
 * Rates per second, from two successive totals of the server.
 *
 * @typedef {import("./api.js").Stats} Stats
 * @typedef {{ received: number, sent: number }} Rate messages/s
 */

/** Turns totals into rates. */
export class Rates {
  /** @type {Stats | undefined} */
  #before;

  /**
   * @param {Stats} stats
   * @returns {{ total: Rate & { octets: number }, methods: Map<string, Rate> } | undefined} undefined for the first
   */
  add(stats) {
    const before = this.#before;
    this.#before = stats;
    // A server that was started anew counts from 0.
    if (before === undefined || stats.uptimeMs < before.uptimeMs) return undefined;
    const seconds = (stats.atMs - before.atMs) / 1000;
    if (seconds <= 0) return undefined;
    /**
     * @param {number} now
     * @param {number | undefined} then
     */
    const rate = (now, then = 0) => Math.max(0, now - then) / seconds;
    const earlier = new Map(before.methods.map((method) => [method.path, method]));
    const octets = (/** @type {Stats} */ of) => of.received.octets + of.sent.octets;
    return {
      total: {
        received: rate(stats.received.messages, before.received.messages),
        sent: rate(stats.sent.messages, before.sent.messages),
        octets: rate(octets(stats), octets(before)),
      },
      methods: new Map(stats.methods.map(({ path, received, sent }) => [path, {
        received: rate(received, earlier.get(path)?.received),
        sent: rate(sent, earlier.get(path)?.sent),
      }])),
    };
  }

  /** Forgets: the next totals belong to another server. */
  clear() {
    this.#before = undefined;
  }
}

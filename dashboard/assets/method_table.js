import { byId, make, setText } from "./dom.js";
import { formatCount, formatMs, formatNumber, shortPath } from "./format.js";

/**
 * @typedef {import("./api.js").MethodStats} MethodStats
 * @typedef {{ row: HTMLTableRowElement, cells: Record<string, HTMLTableCellElement>, codes: Map<string, HTMLElement> }} Row
 */

const COLUMNS = {
  calls: "Calls",
  running: "Running",
  received: "In, msg/s",
  sent: "Out, msg/s",
  p50: "p50",
  p95: "p95",
  p99: "p99",
};
/** Rows that are kept; a server counts no more paths than it serves. */
const MAX_ROWS = 500;

/** The table of methods. Rows stay; a cell is written only when its text changes. */
export class MethodTable {
  #body = byId("methods", HTMLTableSectionElement);
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #panel;

  /** @param {{ canWatch: (path: string) => boolean, watch: (path: string) => void }} panel what shows a method's messages */
  constructor(panel) {
    this.#panel = panel;
  }

  /**
   * @param {readonly MethodStats[]} methods
   * @param {ReturnType<import("./rates.js").Rates["add"]>} rates
   */
  update(methods, rates) {
    const called = methods.filter(({ started, ended, running }) => started + ended + running > 0);
    byId("methods-empty").hidden = called.length > 0;
    this.#body.parentElement?.toggleAttribute("hidden", called.length === 0);
    const paths = new Set(called.map(({ path }) => path));
    for (const [path, { row }] of this.#rows) {
      if (paths.has(path)) continue;
      row.remove();
      this.#rows.delete(path);
    }
    for (const method of called.slice(0, MAX_ROWS)) {
      const row = this.#rows.get(method.path) ?? this.#add(method.path);
      const rate = rates?.methods.get(method.path);
      setText(row.cells.calls, formatCount(Math.max(method.started, method.ended)));
      setText(row.cells.running, formatCount(method.running));
      setText(row.cells.received, rate === undefined ? "–" : formatNumber(rate.received));
      setText(row.cells.sent, rate === undefined ? "–" : formatNumber(rate.sent));
      const { durationMs } = method;
      setText(row.cells.p50, formatMs(durationMs?.p50));
      setText(row.cells.p95, formatMs(durationMs?.p95));
      setText(row.cells.p99, formatMs(durationMs?.p99));
      updateCodes(row, method.codes);
    }
  }

  /** @param {string} path */
  #add(path) {
    /** @type {Record<string, HTMLTableCellElement>} */
    const cells = {};
    for (const [name, label] of Object.entries(COLUMNS)) {
      cells[name] = make("td", {
        class: "number",
        attributes: { role: "cell", "data-label": label },
      });
    }
    cells.codes = make("td", {
      class: "codes",
      attributes: { role: "cell", "data-label": "Ended with" },
    });
    // Reflection and health are counted as well, but their messages are not shown.
    const name = this.#panel.canWatch(path)
      ? make("button", {
        class: "link",
        text: shortPath(path),
        attributes: { type: "button", title: `Show the messages of ${path}` },
        on: { click: () => this.#panel.watch(path) },
      })
      : make("span", { text: shortPath(path), attributes: { title: path } });
    const head = make("th", { attributes: { scope: "row", role: "rowheader" } }, [name]);
    const row = make("tr", { attributes: { role: "row" } }, [head, ...Object.values(cells)]);
    this.#body.append(row);
    const added = { row, cells, codes: new Map() };
    this.#rows.set(path, added);
    return added;
  }
}

/**
 * @param {Row} row
 * @param {Record<string, number>} codes
 */
function updateCodes({ cells, codes: shown }, codes) {
  for (const [name, count] of Object.entries(codes)) {
    if (count === 0) continue;
    let badge = shown.get(name);
    if (badge === undefined) {
      badge = make("span", { class: name === "OK" ? "code-badge ok" : "code-badge" });
      shown.set(name, badge);
      cells.codes?.append(badge);
    }
    setText(badge, `${name} ${formatCount(count)}`);
  }
}

import { make } from "./dom.js";
import { formatCount } from "./format.js";

/** Characters of an answer that are shown. */
const MAX_CHARACTERS = 20_000;
/** Lines of one kind that are shown. */
const MAX_ALIKE = 3;

/**
 * Lines of one kind: how many there are, how many of them are shown, and the note behind these that counts the others.
 *
 * @typedef {{ count: number, shown: number, last: Element | undefined, note: HTMLElement }} Alike
 */

/** A list that grows to a limit; what comes after it is counted, and so are lines of which enough are shown. */
export class AnswerList {
  #list;
  #limit;
  #rest = make("li", { class: "rest" });
  /** Lines that have not been put into the page. @type {Node[]} */
  #waiting = [];
  #isAsked = false;
  #shown = 0;
  /** @type {Map<string, Alike>} */
  #kinds = new Map();
  count = 0;

  /**
   * @param {HTMLElement} list
   * @param {number} limit
   */
  constructor(list, limit) {
    this.#list = list;
    this.#limit = limit;
  }

  /** @param {{ text: string, label?: string, kind?: string }} answer */
  add({ text, label, kind }) {
    this.count++;
    const alike = kind === undefined ? undefined : this.#kinds.get(kind);
    if (alike !== undefined) alike.count++;
    if ((alike?.shown ?? 0) < MAX_ALIKE && this.#shown < this.#limit) {
      this.#shown++;
      const item = show(text, label);
      this.#waiting.push(item);
      if (kind !== undefined) this.#noteLast(kind, item);
    }
    this.#ask();
  }

  clear() {
    this.count = 0;
    this.#shown = 0;
    this.#kinds.clear();
    this.#waiting = [];
    this.#list.replaceChildren();
  }

  /**
   * @param {string} kind
   * @param {Element} item
   */
  #noteLast(kind, item) {
    const alike = this.#kinds.get(kind) ??
      { count: 1, shown: 0, last: undefined, note: make("li", { class: "rest" }) };
    this.#kinds.set(kind, { ...alike, shown: alike.shown + 1, last: item });
  }

  #ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#list.append(...this.#waiting.splice(0));
      let left = this.count - this.#shown;
      for (const { count, shown, last, note } of this.#kinds.values()) {
        if (count === shown) continue;
        note.textContent = `and ${formatCount(count - shown)} more rows like this`;
        if (!note.isConnected) last?.after(note);
        left -= count - shown;
      }
      if (left === 0) return;
      this.#rest.textContent = `and ${formatCount(left)} more`;
      this.#list.append(this.#rest);
    });
  }
}

/**
 * @param {string} text
 * @param {string | undefined} label
 */
function show(text, label) {
  const shown = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text;
  return make("li", {}, [
    ...(label === undefined ? [] : [make("span", { class: "row-number", text: label })]),
    make("pre", { text: shown }),
  ]);
}

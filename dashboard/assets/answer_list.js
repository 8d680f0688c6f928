import { make } from "./dom.js";
import { formatCount } from "./format.js";

/** Characters of an answer that are shown. */
const MAX_CHARACTERS = 20_000;

/** A list that grows to a limit; what comes after it is counted. */
export class AnswerList {
  #list;
  #limit;
  #rest = make("li", { class: "rest" });
  /** Lines that have not been put into the page. @type {Node[]} */
  #waiting = [];
  #isAsked = false;
  count = 0;

  /**
   * @param {HTMLElement} list
   * @param {number} limit
   */
  constructor(list, limit) {
    this.#list = list;
    this.#limit = limit;
  }

  /** @param {{ text: string, label?: string }} answer */
  add({ text, label }) {
    this.count++;
    if (this.count <= this.#limit) {
      const shown = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text;
      this.#waiting.push(make("li", {}, [
        ...(label === undefined ? [] : [make("span", { class: "row-number", text: label })]),
        make("pre", { text: shown }),
      ]));
    }
    this.#ask();
  }

  clear() {
    this.count = 0;
    this.#waiting = [];
    this.#list.replaceChildren();
  }

  #ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#list.append(...this.#waiting.splice(0));
      if (this.count <= this.#limit) return;
      this.#rest.textContent = `and ${formatCount(this.count - this.#limit)} more`;
      this.#list.append(this.#rest);
    });
  }
}

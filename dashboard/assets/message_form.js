import { make } from "./dom.js";
import { isInteger, valueAt } from "./message_book.js";

/**
 * @typedef {import("./api.js").Field} Field
 * @typedef {import("./message_book.js").MessageBook} MessageBook
 * @typedef {{ field: Field, input: HTMLInputElement | HTMLSelectElement }} Entry
 */

/** A form for a message whose fields are numbers, text, bools and enums. What is left empty is not sent. */
export class MessageForm {
  #place;
  /** @type {Entry[]} */
  #entries = [];

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place;
  }

  /**
   * Shows the fields of a message, empty.
   *
   * @param {readonly Field[]} fields
   * @param {MessageBook} book
   */
  show(fields, book) {
    this.#entries = fields.map((field) => ({ field, input: createInput(field, book) }));
    this.#place.replaceChildren(...this.#entries.map(({ field, input }, index) => {
      const id = `form-field-${index}`;
      input.id = id;
      const hint = make("span", { class: "type code", text: describeType(field) });
      const label = make("label", { attributes: { for: id } }, [field.name, hint]);
      if (field.comment === undefined) return make("div", {}, [label, input]);
      const note = make("p", { class: "hint", text: field.comment });
      note.id = `${id}-note`;
      input.setAttribute("aria-describedby", note.id);
      return make("div", {}, [label, input, note]);
    }));
  }

  /** The message, as JSON has it. */
  read() {
    /** @type {Record<string, unknown>} */
    const message = {};
    for (const { field, input } of this.#entries) {
      const value = readInput(field, input);
      if (value !== undefined) message[field.name] = value;
    }
    return message;
  }

  /**
   * Fills the form from a message; what that does not have becomes empty.
   *
   * @param {Record<string, unknown>} message
   */
  write(message) {
    for (const { field, input } of this.#entries) {
      const value = valueAt(message, field.name);
      if (input instanceof HTMLInputElement && input.type === "checkbox") {
        input.checked = value === true;
      } else {
        input.value = String(value ?? "");
      }
    }
  }
}

/**
 * @param {Field} field
 * @param {MessageBook} book
 */
function createInput(field, book) {
  const values = book.enums.get(field.type)?.values;
  if (values !== undefined) {
    return make("select", {}, [
      make("option", { text: "–", attributes: { value: "" } }),
      ...values.map(({ name }) => make("option", { text: name, attributes: { value: name } })),
    ]);
  }
  if (field.type === "bool") return make("input", { attributes: { type: "checkbox" } });
  const isText = field.type === "string" || field.type === "bytes";
  return make("input", {
    attributes: {
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      inputmode: isText ? "text" : "decimal",
    },
  });
}

/**
 * @param {Field} field
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @returns {unknown} undefined for what is not to be sent
 */
function readInput({ type }, input) {
  if (input instanceof HTMLInputElement && input.type === "checkbox") {
    return input.checked ? true : undefined;
  }
  if (input.value === "") return undefined;
  if (type === "string" || type === "bytes" || input instanceof HTMLSelectElement) {
    return input.value;
  }
  const text = input.value.trim();
  // 64 bits do not fit a number of JavaScript; NaN and what is no number go as text, the server judges it.
  const isExact = !(isInteger(type) && type.endsWith("64"));
  const number = Number(text);
  return isExact && text !== "" && Number.isFinite(number) ? number : text;
}

/** @param {Field} field */
function describeType({ type, label }) {
  const name = type.slice(type.lastIndexOf(".") + 1);
  const note = type === "bytes" ? ", base64" : "";
  return label === "" ? name + note : `${label} ${name}${note}`;
}

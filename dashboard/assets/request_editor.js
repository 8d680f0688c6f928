import { byId, make, setText } from "./dom.js";
import { describeKind, describeSignature } from "./format.js";
import { MessageForm } from "./message_form.js";

/**
 * @typedef {import("./api.js").Method} Method
 * @typedef {import("./message_book.js").MessageBook} MessageBook
 */

/** Where a request is written: messages as a form or as JSON, metadata and a deadline. */
export class RequestEditor {
  #json = byId("try-json", HTMLTextAreaElement);
  #form = new MessageForm(byId("try-fields"));
  #asForm = byId("try-as-form");
  #asJson = byId("try-as-json");
  #metadata = byId("try-metadata");
  #isForm = false;
  /** @type {Method | undefined} */
  #method;

  constructor() {
    this.#asForm.addEventListener("click", () => this.#toForm());
    this.#asJson.addEventListener("click", () => this.#toJson());
    byId("try-append").addEventListener("click", () => this.#append());
    byId("try-add-metadata").addEventListener("click", () => this.#addMetadata());
  }

  get takesStream() {
    return this.#method?.kind === "client_streaming" || this.#method?.kind === "bidi_streaming";
  }

  /**
   * Begins a request of a method with its template.
   *
   * @param {Method} method
   * @param {MessageBook} book
   */
  show(method, book) {
    this.#method = method;
    setText(byId("try-kind"), `${describeSignature(method)}: ${describeKind(method.kind)}`);
    setText(
      byId("try-json-label"),
      this.takesStream ? "Messages, one JSON a line" : "Message, in JSON",
    );
    const template = method.template ?? {};
    this.#json.value = this.takesStream
      ? JSON.stringify(template)
      : JSON.stringify(template, undefined, 2);
    const fields = book.flatFields(method.request);
    this.#form.show(fields ?? [], book);
    // A form has one message: for a stream it writes the next line.
    byId("try-modes").hidden = fields === undefined || this.takesStream;
    byId("try-append").hidden = fields === undefined || !this.takesStream;
    this.#setMode(fields !== undefined && !this.takesStream);
  }

  /**
   * What the user wrote.
   *
   * @returns {{ messages: unknown[], metadata: [string, string][], timeoutMs?: number }}
   * @throws Error a sentence, where it cannot be sent
   */
  read() {
    const messages = this.#isForm ? [this.#form.read()] : this.#parseJson();
    const metadata = [...this.#metadata.children].map((row) => {
      const [name, value] = [...row.querySelectorAll("input")].map((input) => input.value);
      return /** @type {[string, string]} */ ([(name ?? "").trim(), value ?? ""]);
    }).filter(([name]) => name !== "");
    const deadline = byId("try-deadline", HTMLInputElement).value.trim();
    if (deadline === "") return { messages, metadata };
    const timeoutMs = Number(deadline);
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
      throw new Error(`The deadline "${deadline}" is not a whole number of ms from 1`);
    }
    return { messages, metadata, timeoutMs };
  }

  /** @returns {unknown[]} */
  #parseJson() {
    const text = this.#json.value;
    if (!this.takesStream) return [parseOne(text.trim() === "" ? "{}" : text, "The message")];
    return text.split("\n").flatMap((line, index) =>
      line.trim() === "" ? [] : [parseOne(line, `Line ${index + 1}`)]
    );
  }

  #toForm() {
    try {
      const [message] = this.#parseJson();
      this.#form.write(/** @type {Record<string, unknown>} */ (message));
      this.#setMode(true);
    } catch {
      // The JSON is still being written: it stays, and sending it says what is wrong.
      this.#json.focus();
    }
  }

  #toJson() {
    if (this.#isForm) this.#json.value = JSON.stringify(this.#form.read(), undefined, 2);
    this.#setMode(false);
  }

  /** @param {boolean} isForm */
  #setMode(isForm) {
    this.#isForm = isForm;
    byId("try-fields").hidden = !isForm && byId("try-append").hidden;
    byId("try-json-part").hidden = isForm;
    this.#asForm.setAttribute("aria-pressed", String(isForm));
    this.#asJson.setAttribute("aria-pressed", String(!isForm));
  }

  #append() {
    const lines = this.#json.value.trimEnd();
    const line = JSON.stringify(this.#form.read());
    this.#json.value = lines === "" ? line : `${lines}\n${line}`;
    this.#json.scrollTop = this.#json.scrollHeight;
  }

  #addMetadata() {
    /** @param {string} label */
    const input = (label) =>
      make("input", {
        attributes: {
          "aria-label": label,
          placeholder: label.toLowerCase(),
          autocomplete: "off",
          spellcheck: "false",
        },
      });
    const name = input("Name");
    const remove = make("button", {
      text: "Remove",
      class: "quiet",
      attributes: { type: "button" },
      on: {
        click: () => {
          row.remove();
          byId("try-add-metadata").focus();
        },
      },
    });
    const row = make("div", { class: "metadata-row" }, [name, input("Value"), remove]);
    this.#metadata.append(row);
    name.focus();
  }
}

/**
 * @param {string} text
 * @param {string} what
 */
function parseOne(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

import { AnswerList } from "./answer_list.js";
import { copyText } from "./copy_text.js";
import { byId, setText } from "./dom.js";
import { formatCount, formatMs } from "./format.js";
import { RequestEditor } from "./request_editor.js";
import { brokerCommand, grpcurlCommand, targetOf } from "./shell_command.js";
import { showStatus } from "./show_status.js";
import { chooseMethod, fillMethods } from "./watch_panel.js";

/** Answers of one call that are shown; further ones are counted. */
const MAX_ANSWERS = 500;
/** Longest answer that is shown on one line. */
const MAX_LINE_CHARACTERS = 80;

/**
 * @typedef {import("./api.js").Server} Server
 * @typedef {import("./message_book.js").MessageBook} MessageBook
 */

/** "Try it": one call at a time, its answers as they arrive, and the same call as a command. */
export class TryView {
  #api;
  #editor = new RequestEditor();
  #answers = new AnswerList(byId("try-answers"), MAX_ANSWERS);
  #select = byId("try-method", HTMLSelectElement);
  #status = byId("try-status");
  #send = byId("try-send", HTMLButtonElement);
  #cancel = byId("try-cancel", HTMLButtonElement);
  /** @type {AbortController | undefined} */
  #call;
  /** @type {Server | undefined} */
  #server;
  /** @type {MessageBook | undefined} */
  #book;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
    const form = byId("try-form", HTMLFormElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    byId("view-try").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#call?.abort();
    });
    this.#cancel.addEventListener("click", () => this.#call?.abort());
    this.#select.addEventListener("change", () => this.choose(this.#select.value));
    byId("copy-broker").addEventListener("click", () => this.#copy("broker", brokerCommand));
    byId("copy-grpcurl").addEventListener("click", () => this.#copy("grpcurl", grpcurlCommand));
  }

  /**
   * @param {Server} server
   * @param {MessageBook} book
   */
  setServer(server, book) {
    const before = this.#select.value;
    this.#server = server;
    this.#book = book;
    fillMethods(this.#select, server);
    const path = book.methods.has(before) ? before : chooseMethod(server)?.path;
    if (path !== undefined) this.choose(path);
  }

  /**
   * Begins a request of another method.
   *
   * @param {string} path
   */
  choose(path) {
    const method = this.#book?.methods.get(path);
    if (method === undefined || this.#book === undefined) return;
    this.#select.value = path;
    this.#editor.show(method, this.#book);
    this.#fail();
    byId("copied").hidden = true;
    setText(byId("copy-note"), "");
  }

  #read() {
    this.#fail();
    try {
      return this.#editor.read();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async #run() {
    if (this.#call !== undefined) return;
    this.#answers.clear();
    byId("try-headers-part").hidden = true;
    const request = this.#read();
    if (request === undefined) {
      showStatus(this.#status, { kind: "failed", text: "Not sent" });
      return;
    }
    const call = new AbortController();
    this.#call = call;
    this.#setRunning(true);
    showStatus(this.#status, { kind: "running", text: "Running…" });
    try {
      const lines = this.#api.call({ method: this.#select.value, ...request }, call.signal);
      const { isEnded } = await this.#show(lines);
      if (!isEnded) throw new Error("The server ended the answer without a status");
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      showStatus(
        this.#status,
        call.signal.aborted ? { kind: "failed", text: "Cancelled" } : { kind: "failed", text },
      );
    } finally {
      this.#call = undefined;
      this.#setRunning(false);
    }
  }

  /** @param {AsyncGenerator<any, void, void>} lines */
  async #show(lines) {
    /** @type {string[]} */
    const headers = [];
    for await (const line of lines) {
      if (line.headers !== undefined) headers.push(...line.headers.map(formatPair));
      if (line.answer !== undefined) {
        this.#answers.add({ text: formatAnswer(line.answer) });
        const count = `${formatCount(this.#answers.count)} answered so far`;
        showStatus(this.#status, { kind: "running", text: `Running… ${count}` });
      }
      if (line.status === undefined) continue;
      /** @type {import("./api.js").Status} */
      const status = line.status;
      const count = this.#answers.count;
      const took = status.durationMs === undefined ? "" : ` in ${formatMs(status.durationMs)}`;
      showStatus(this.#status, {
        kind: status.code === 0 ? "ok" : "failed",
        text: `${status.name} (${status.code})`,
        message: status.message,
        note: `${formatCount(count)} ${count === 1 ? "answer" : "answers"}${took}`,
      });
      const trailers = (status.trailers ?? []).map(formatPair);
      const details = (status.details ?? []).map((detail) => JSON.stringify(detail, undefined, 1));
      setText(
        byId("try-headers"),
        ["Headers", ...headers, "", "Trailers", ...trailers, ...details].join("\n"),
      );
      byId("try-headers-part").hidden = false;
      return { isEnded: true };
    }
    return { isEnded: false };
  }

  /**
   * @param {string} program
   * @param {typeof brokerCommand} format
   */
  async #copy(program, format) {
    const server = this.#server;
    const request = this.#read();
    if (request === undefined || server === undefined) return;
    const command = format({ ...server, address: targetOf(server) }, {
      ...request,
      path: this.#select.value,
      takesStream: this.#editor.takesStream,
      messages: request.messages.map((message) => JSON.stringify(message)),
    });
    const isCopied = await copyText(command);
    const preview = byId("copied");
    preview.hidden = false;
    setText(preview, command);
    const notes = [
      isCopied
        ? `Copied the ${program} command`
        : "The browser keeps its clipboard: select and copy it",
      ...(server.tokenNeeded ? ["put the token into BROKER_TOKEN first"] : []),
      ...(server.tls ? ["a private authority needs --cacert"] : []),
    ];
    setText(byId("copy-note"), `${notes.join("; ")}.`);
  }

  /** @param {boolean} isRunning */
  #setRunning(isRunning) {
    const hadFocus = document.activeElement === this.#send ||
      document.activeElement === this.#cancel;
    this.#send.disabled = isRunning;
    this.#cancel.disabled = !isRunning;
    // A disabled button loses the focus: who works with the keyboard must not begin at the top again.
    if (hadFocus) (isRunning ? this.#cancel : this.#send).focus();
  }

  /** @param {string} [text] */
  #fail(text) {
    byId("try-failure").hidden = text === undefined;
    setText(byId("try-failure"), text ?? "");
  }
}

/** @param {unknown} answer on one line where it fits */
function formatAnswer(answer) {
  const line = JSON.stringify(answer);
  return line.length <= MAX_LINE_CHARACTERS ? line : JSON.stringify(answer, undefined, 2);
}

/** @param {[name: string, value: string]} pair */
function formatPair([name, value]) {
  return `  ${name}: ${value}`;
}

import { byId, make } from "./dom.js";
import { describeKind } from "./format.js";

/**
 * @typedef {import("./api.js").Server} Server
 * @typedef {import("./api.js").Method} Method
 * @typedef {import("./api.js").Message} Message
 * @typedef {import("./api.js").Enum} Enum
 */

/** What the server offers: services, methods, messages and enums, linked with each other. */
export class ServicesView {
  #onTry;
  #filter = byId("message-filter", HTMLInputElement);
  #isReadOnly = false;

  /** @param {(path: string) => void} onTry called with the method that the user wants to call */
  constructor(onTry) {
    this.#onTry = onTry;
    this.#filter.addEventListener("input", () => this.#applyFilter());
  }

  /** @param {Server} server */
  setServer(server) {
    this.#isReadOnly = server.readOnly;
    byId("services").replaceChildren(
      ...server.services.map((service) =>
        make("section", { class: "service" }, [
          make("h4", { class: "code", text: service.name }),
          ...note(service.comment),
          make("ul", {}, service.methods.map((method) => this.#showMethod(method))),
        ])
      ),
    );
    const types = new Set([...server.messages, ...server.enums].map(({ name }) => name));
    byId("messages").replaceChildren(
      ...server.messages.map((message) => this.#showMessage(message, types)),
      ...server.enums.map((one) => showEnum(one)),
    );
    this.#applyFilter();
  }

  /** @param {Method} method */
  #showMethod(method) {
    const signature = make("p", { class: "signature code" }, [
      ...(takesStream(method) ? ["stream "] : []),
      this.#link(method.request),
      " → ",
      ...(method.kind.startsWith("server") || method.kind.startsWith("bidi") ? ["stream "] : []),
      this.#link(method.response),
    ]);
    const attempt = make("button", {
      class: "quiet",
      text: "Try it",
      attributes: { type: "button", "aria-label": `Try it: ${method.name}` },
      on: { click: () => this.#onTry(method.path) },
    });
    return make("li", {}, [
      make("div", { class: "method-head" }, [
        make("strong", { text: method.name }),
        make("span", { class: "hint", text: describeKind(method.kind) }),
        ...(this.#isReadOnly ? [] : [attempt]),
      ]),
      signature,
      ...note(method.comment),
    ]);
  }

  /** @param {string} name of a message */
  #link(name) {
    return make("button", {
      class: "link code",
      text: name.slice(name.lastIndexOf(".") + 1),
      attributes: { type: "button", title: name },
      on: { click: () => this.#goTo(name) },
    });
  }

  /** @param {string} name of a message or an enum */
  #goTo(name) {
    this.#filter.value = "";
    this.#applyFilter();
    const place = [...byId("messages").children].find((child) =>
      child instanceof HTMLElement && child.dataset.name === name
    );
    if (!(place instanceof HTMLDetailsElement)) return;
    place.open = true;
    place.scrollIntoView({ block: "nearest" });
    place.querySelector("summary")?.focus();
  }

  /**
   * @param {Message} message
   * @param {ReadonlySet<string>} types
   */
  #showMessage(message, types) {
    const rows = message.fields.map((field) =>
      make("tr", {}, [
        make("td", { class: "number", text: String(field.number) }),
        make("th", { class: "code", text: field.name, attributes: { scope: "row" } }),
        make("td", { class: "code" }, [
          // The type of a map says that it is one.
          ...(field.label === "" || field.label === "map" ? [] : [`${field.label} `]),
          types.has(field.type) ? this.#link(field.type) : field.type,
        ]),
        ...(field.comment === undefined
          ? []
          : [make("td", { class: "hint", text: field.comment })]),
      ])
    );
    const table = make("table", { class: "fields" }, [
      make("caption", { class: "unseen", text: `Fields of ${message.name}` }),
      make("tbody", {}, rows),
    ]);
    return block(
      message,
      rows.length === 0 ? make("p", { class: "hint", text: "No fields" }) : table,
    );
  }

  #applyFilter() {
    const wanted = this.#filter.value.trim().toLowerCase();
    for (const child of byId("messages").children) {
      if (!(child instanceof HTMLElement)) continue;
      child.hidden = !(child.textContent ?? "").toLowerCase().includes(wanted);
    }
  }
}

/** @param {Enum} one */
function showEnum(one) {
  const list = make(
    "ul",
    { class: "values code" },
    one.values.map((value) => make("li", { text: `${value.number}  ${value.name}` })),
  );
  return block(one, list);
}

/**
 * @param {{ name: string, comment?: string }} type
 * @param {Node} content
 */
function block({ name, comment }, content) {
  const dot = name.lastIndexOf(".") + 1;
  const summary = make("summary", { class: "code" }, [
    make("span", { class: "package", text: name.slice(0, dot) }),
    name.slice(dot),
  ]);
  const details = make("details", { class: "message", attributes: { "data-name": name } }, [
    summary,
    ...note(comment),
    content,
  ]);
  details.open = !name.startsWith("grpc.");
  return details;
}

/** @param {string | undefined} comment of the .proto */
function note(comment) {
  return comment === undefined ? [] : [make("p", { class: "hint", text: comment })];
}

/** @param {Method} method */
function takesStream({ kind }) {
  return kind === "client_streaming" || kind === "bidi_streaming";
}

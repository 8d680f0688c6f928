import { make } from "./dom.js";

/**
 * Shows how a call stands, in an element with `role=status`.
 *
 * @param {HTMLElement} place
 * @param {{
 *   kind: "idle" | "running" | "ok" | "failed", text: string, message?: string | undefined, note?: string | undefined,
 * }} status `message` is the server's sentence
 */
export function showStatus(place, { kind, text, message, note }) {
  place.dataset.kind = kind;
  place.replaceChildren(
    make("strong", { text }),
    ...(message === undefined || message === "" ? [] : [make("span", { text: ` ${message}` })]),
    ...(note === undefined ? [] : [make("span", { class: "hint", text: ` ${note}` })]),
  );
}

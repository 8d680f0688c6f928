import { byId, setText } from "./dom.js";

/** Kept for this tab and this origin only; gone when the tab is closed. */
const STORED_AS = "broker.token";

/**
 * Asks for the server's token and keeps it.
 *
 * @param {() => void} onToken called when the token was given or forgotten
 */
export function createTokenView(onToken) {
  const input = byId("token", HTMLInputElement);
  const failure = byId("token-failure");
  const forget = byId("forget-token");
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const token = input.value.trim();
    if (!/^[\x21-\x7e]+$/.test(token)) {
      show("A token has no spaces and only ASCII characters");
      return;
    }
    sessionStorage.setItem(STORED_AS, token);
    onToken();
  });
  forget.addEventListener("click", () => {
    sessionStorage.removeItem(STORED_AS);
    // What was seen with the token goes with it.
    location.reload();
  });
  /** @param {string} [text] */
  const show = (text) => {
    failure.hidden = text === undefined;
    setText(failure, text ?? "");
  };
  return {
    /** The token, if the user gave one. */
    read: () => sessionStorage.getItem(STORED_AS) ?? undefined,
    /** The server wants one, or another one. */
    ask() {
      forget.hidden = true;
      show(
        sessionStorage.getItem(STORED_AS) === null
          ? undefined
          : "The server does not know this token",
      );
      sessionStorage.removeItem(STORED_AS);
    },
    /** @param {boolean} isNeeded whether the server asks for tokens at all */
    accepted(isNeeded) {
      input.value = "";
      show();
      forget.hidden = !isNeeded;
    },
  };
}

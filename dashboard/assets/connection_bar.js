import { byId, setText } from "./dom.js";

const LABELS = {
  connecting: "Connecting…",
  open: "Live",
  waiting: "Disconnected",
  paused: "Paused in the background",
  needs_token: "Token needed",
  refused: "Refused",
};

/** How the page is connected: a word in the header, and a banner while it is not. */
export class ConnectionBar {
  #pill = byId("connection");
  #banner = byId("banner");
  #countdown = 0;

  /** @param {() => void} onRetry */
  constructor(onRetry) {
    byId("banner-retry").addEventListener("click", onRetry);
  }

  /** @param {import("./live_feed.js").FeedState} state */
  show(state) {
    if (this.#pill.dataset.kind === state.kind && state.kind !== "waiting") return;
    this.#pill.dataset.kind = state.kind;
    setText(this.#pill, LABELS[state.kind]);
    clearInterval(this.#countdown);
    const isLost = state.kind === "waiting";
    document.body.classList.toggle("stale", isLost);
    this.#banner.hidden = !isLost;
    if (!isLost) return;
    setText(
      byId("banner-text"),
      `${state.message}. What is shown is from before; the page reconnects by itself.`,
    );
    const count = () => {
      const seconds = Math.ceil((state.untilMs - Date.now()) / 1000);
      setText(byId("banner-wait"), seconds > 0 ? `next attempt in ${seconds} s` : "trying…");
    };
    count();
    this.#countdown = setInterval(count, 1000);
  }
}

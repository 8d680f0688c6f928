import { byId } from "./dom.js";

const VIEWS = ["live", "try", "csv", "services"];
const NOTICES = ["loading", "error", "token"];

/** Which part of the page is shown: one of the views, by the address's fragment, or a notice in place of all. */
export class Views {
  #links = [...byId("views").querySelectorAll("a")];
  /** @type {string | undefined} */
  #notice = "loading";
  #isReadOnly = false;

  constructor() {
    addEventListener("hashchange", () => {
      this.#show();
      byId("content").focus({ preventScroll: true });
      scrollTo(0, 0);
    });
    this.#show();
  }

  /** @param {{ isReadOnly: boolean }} options whether calls are off */
  showViews({ isReadOnly }) {
    this.#notice = undefined;
    this.#isReadOnly = isReadOnly;
    this.#show();
  }

  /** @param {"loading" | "error" | "token"} notice */
  showNotice(notice) {
    this.#notice = notice;
    this.#show();
    if (notice === "token") byId("token").focus();
  }

  #show() {
    const isAllowed = (/** @type {string} */ view) =>
      !this.#isReadOnly || (view !== "try" && view !== "csv");
    const wanted = location.hash.slice(1);
    const view = VIEWS.includes(wanted) && isAllowed(wanted) ? wanted : "live";
    for (const name of VIEWS) {
      byId(`view-${name}`).hidden = this.#notice !== undefined || name !== view;
    }
    for (const name of NOTICES) byId(`view-${name}`).hidden = name !== this.#notice;
    byId("views").hidden = this.#notice !== undefined;
    for (const link of this.#links) {
      const name = link.hash.slice(1);
      link.hidden = !isAllowed(name);
      if (name === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.body.dataset.state = this.#notice ?? view;
  }
}

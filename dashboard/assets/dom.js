/**
 * Makes elements. Text is only ever set as text: what a user or a peer sent cannot become markup.
 *
 * @typedef {{
 *   class?: string,
 *   text?: string,
 *   attributes?: Readonly<Record<string, string>>,
 *   on?: Readonly<Record<string, (event: any) => void>>,
 * }} ElementOptions
 */

/**
 * Makes one element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {ElementOptions} [options]
 * @param {readonly (Node | string)[]} [children] strings become text
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, options = {}, children = []) {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    element.setAttribute(name, value);
  }
  for (const [name, listener] of Object.entries(options.on ?? {})) {
    element.addEventListener(name, listener);
  }
  element.append(...children);
  return element;
}

/**
 * The element of index.html with this id.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind] what it must be; any element by default
 * @returns {Kind}
 * @throws Error when there is none, or of another kind
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (element === null || (kind !== undefined && !(element instanceof kind))) {
    throw new Error(`The page has no fitting element "${id}"`);
  }
  return /** @type {Kind} */ (element);
}

/**
 * Sets an element's text where it differs, so that nothing is laid out or read aloud again in vain.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Collects any number of requests into one call of `paint` in the next frame.
 *
 * @param {() => void} paint
 * @param {number} [intervalMs] shortest time between two calls; 0 by default, a call for each frame
 * @returns {() => void} asks for a call
 */
export function createPainter(paint, intervalMs = 0) {
  let isAsked = false;
  let lastMs = -Infinity;
  const run = () => {
    isAsked = false;
    lastMs = performance.now();
    paint();
  };
  return () => {
    if (isAsked) return;
    isAsked = true;
    const waitMs = lastMs + intervalMs - performance.now();
    if (waitMs <= 0) requestAnimationFrame(run);
    else setTimeout(() => requestAnimationFrame(run), waitMs);
  };
}

import { make } from "./dom.js";

/**
 * Shows which fields of a store can be drawn, and lets the user choose: measurements on or off, predictions as a mark,
 * as a line or not at all.
 *
 * @param {HTMLElement} place a fieldset; its legend stays
 * @param {{ store: import("./sample_store.js").SampleStore, onChange: () => void }} options
 */
export function showFieldChips(place, { store, onChange }) {
  place.querySelectorAll("label").forEach((label) => label.remove());
  store.requestTracks.forEach((track, index) => {
    const box = make("input", {
      attributes: { type: "checkbox" },
      on: {
        change: () => {
          track.isChosen = box.checked;
          onChange();
        },
      },
    });
    box.checked = track.isChosen;
    const swatch = make("span", {
      class: `swatch series-${index % 5 + 1}`,
      attributes: { "aria-hidden": "true" },
    });
    place.append(make("label", { class: "chip" }, [box, swatch, track.name]));
  });
  for (const track of store.responseTracks) {
    const select = make("select", {
      on: {
        change: () => {
          track.mode = /** @type {import("./sample_store.js").Mode} */ (select.value);
          track.canBeFlag = false;
          showMode();
          onChange();
        },
      },
    }, [
      make("option", { text: "marks", attributes: { value: "mark" } }),
      make("option", { text: "line", attributes: { value: "line" } }),
      make("option", { text: "off", attributes: { value: "off" } }),
    ]);
    const swatch = make("span", { attributes: { "aria-hidden": "true" } });
    const showMode = () => {
      select.value = track.mode;
      swatch.className = `swatch prediction-${track.mode}`;
    };
    track.onMode = showMode;
    showMode();
    place.append(make("label", { class: "chip" }, [swatch, `→ ${track.name}`, select]));
  }
}

/** `deno task baseline`: measures the hot path and writes baseline.json; look at the change before you commit it. */
import { leastOf } from "./figures.ts";
import { measureHotPath } from "./measure_hot_path.ts";

const ROUNDS = 3;

let figures = await measureHotPath();
for (let count = 1; count < ROUNDS; count++) figures = leastOf(figures, await measureHotPath());
const text = `${JSON.stringify(figures, undefined, 2)}\n`;
await Deno.writeTextFile(new URL("baseline.json", import.meta.url), text);
console.log(text);

import { fileURLToPath } from "node:url";

/** The root of the checkout, as a path that ends with a slash. */
export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

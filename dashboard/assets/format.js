const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/**
 * A count: `1,234,567`.
 *
 * @param {number} count
 */
export function formatCount(count) {
  return WHOLE.format(count);
}

/**
 * A rate or a reading, three digits: `0.5`, `12.3`, `4,210`, `1.25 M`.
 *
 * @param {number} value
 */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9) return `${SHORT.format(value / 1e9)} G`;
  if (size >= 1e6) return `${SHORT.format(value / 1e6)} M`;
  if (size >= 1e3) return WHOLE.format(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(1);
  return SHORT.format(value);
}

const OCTET_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/**
 * Octets: `27 B`, `1.5 MiB`.
 *
 * @param {number} octets
 */
export function formatOctets(octets) {
  let unit = 0;
  let value = octets;
  while (value >= 1024 && unit < OCTET_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? WHOLE.format(value) : SHORT.format(value)} ${OCTET_UNITS[unit]}`;
}

/**
 * A duration: `0.21 ms`, `410 ms`, `2.4 s`, `3 min`.
 *
 * @param {number | undefined | null} ms
 */
export function formatMs(ms) {
  if (ms === undefined || ms === null || !Number.isFinite(ms)) return "–";
  if (ms < 1000) return `${SHORT.format(ms)} ms`;
  if (ms < 120_000) return `${SHORT.format(ms / 1000)} s`;
  return `${WHOLE.format(ms / 60_000)} min`;
}

/**
 * Time since the start: `12 s`, `3 min 05 s`, `2 h 07 min`, `4 d 03 h`.
 *
 * @param {number} ms
 */
export function formatUptime(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/**
 * The time of day: `12:01:03`, or `12:01:03.120`.
 *
 * @param {number} atMs
 * @param {boolean} [withMs]
 */
export function formatClock(atMs, withMs = false) {
  const date = new Date(atMs);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  return withMs ? `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}` : clock;
}

/** @param {number} value */
function twoDigits(value) {
  return String(value).padStart(2, "0");
}

const KINDS = {
  unary: "one request, one answer",
  server_streaming: "one request, a stream of answers",
  client_streaming: "a stream of requests, one answer",
  bidi_streaming: "streams both ways",
};

/**
 * What a kind of method means.
 *
 * @param {keyof typeof KINDS} kind
 */
export function describeKind(kind) {
  return KINDS[kind] ?? kind;
}

/**
 * `Service/Method` without the package, as the path of a method is long.
 *
 * @param {string} path `/pkg.Service/Method`; anything else stays as it is
 */
export function shortPath(path) {
  if (!path.startsWith("/")) return path;
  const [, service = "", method = ""] = path.split("/");
  return `${service.slice(service.lastIndexOf(".") + 1)}/${method}`;
}

/**
 * What goes in and what comes out: `stream BrokerRequest → stream BrokerResponse`.
 *
 * @param {{ kind: string, request: string, response: string }} method
 */
export function describeSignature({ kind, request, response }) {
  const name = (/** @type {string} */ full) => full.slice(full.lastIndexOf(".") + 1);
  const takes = kind === "client_streaming" || kind === "bidi_streaming" ? "stream " : "";
  const answers = kind === "server_streaming" || kind === "bidi_streaming" ? "stream " : "";
  return `${takes}${name(request)} → ${answers}${name(response)}`;
}

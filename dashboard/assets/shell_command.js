/**
 * A call as the command lines of broker and grpcurl take it. Knows nothing of the page, so that tests can run it.
 *
 * @typedef {{ address: string, tls: boolean, tokenNeeded: boolean }} Target
 * @typedef {{
 *   path: string, takesStream: boolean, messages: readonly string[], metadata: readonly (readonly [string, string])[],
 *   timeoutMs?: number | undefined,
 * }} Call `path` is `/pkg.Service/Method`, `messages` are JSON
 */

/** The variable that commands take a token from: it belongs neither on the clipboard nor into a shell's history. */
const TOKEN_HEADER = '-H "authorization: Bearer $BROKER_TOKEN"';

/**
 * One word of a POSIX shell: as it is where it is harmless, else in single quotes.
 *
 * Source: POSIX.1-2017, Shell Command Language, 2.2.2 "Single-Quotes".
 *
 * @param {string} word
 */
export function quote(word) {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) && !word.startsWith("=")) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Where commands reach the server: an address that is listened on everywhere is this page's host.
 *
 * @param {{ address: string }} server
 * @param {string} [hostname] of the page
 */
export function targetOf({ address }, hostname = globalThis.location?.hostname ?? "localhost") {
  const [, port] = /^(?:0\.0\.0\.0|\[::\]|::):(\d+)$/.exec(address) ?? [];
  return port === undefined ? address : `${hostname}:${port}`;
}

/**
 * What any broker command needs to be let in; a private authority needs `--cacert` besides.
 *
 * @param {{ tls: boolean, tokenNeeded: boolean }} server
 */
export function accessFlags({ tls, tokenNeeded }) {
  return [...(tls ? ["--tls"] : []), ...(tokenNeeded ? [TOKEN_HEADER] : [])];
}

/**
 * `broker call …` that makes the same call.
 *
 * @param {Target} target
 * @param {Call} call
 */
export function brokerCommand(target, { path, messages, metadata, timeoutMs }) {
  return [
    "broker call",
    ...(target.tls ? ["--tls"] : []),
    ...headers(target, metadata),
    ...(timeoutMs === undefined ? [] : [`--max-time ${timeoutMs}ms`]),
    ...data(messages),
    quote(target.address),
    quote(path.slice(1)),
  ].join(" ");
}

/**
 * `grpcurl …` that makes the same call.
 *
 * @param {Target} target
 * @param {Call} call
 */
export function grpcurlCommand(target, { path, messages, metadata, timeoutMs }) {
  return [
    "grpcurl",
    ...(target.tls ? [] : ["-plaintext"]),
    ...headers(target, metadata),
    ...(timeoutMs === undefined ? [] : [`-max-time ${timeoutMs / 1000}`]),
    ...data(messages),
    quote(grpcurlAddress(target.address)),
    quote(path.slice(1)),
  ].join(" ");
}

/**
 * @param {Target} target
 * @param {Call["metadata"]} metadata
 */
function headers({ tokenNeeded }, metadata) {
  const isGiven = metadata.some(([name]) => name.toLowerCase() === "authorization");
  return [
    ...(tokenNeeded && !isGiven ? [TOKEN_HEADER] : []),
    ...metadata.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
  ];
}

/** @param {readonly string[]} messages */
function data(messages) {
  return messages.length === 0 ? [] : [`-d ${quote(messages.join("\n"))}`];
}

/**
 * grpcurl wants `unix:///path` where broker takes `unix:/path`; both know the first.
 *
 * @param {string} address
 */
function grpcurlAddress(address) {
  return address.replace(/^unix:(?=\/[^/])/, "unix://");
}

import type { CLIENT_TLS_FLAGS } from "../cli/commands/tls_flags.ts";
import { CommandError, type ParsedFlags, readTextFile, UsageError } from "../cli/mod.ts";
import { checkCredentials, type ClientTls, connectTls, type Target, TlsError } from "../rpc/mod.ts";

/** The parsed flags of `CLIENT_TLS_FLAGS`. */
export type ClientTlsFlags = ParsedFlags<typeof CLIENT_TLS_FLAGS>;

/** The flags that imply --tls, as they are written. */
const IMPLYING = [
  ["tls", "--tls"],
  ["caCertPath", "--cacert"],
  ["certPath", "--cert"],
  ["keyPath", "--key"],
  ["insecure", "--insecure"],
  ["serverName", "--servername"],
] as const satisfies readonly (readonly [keyof ClientTlsFlags, string])[];

/** Whether TLS is asked for, by a flag or the target's scheme. @throws UsageError where they contradict each other */
export function wantsTls(flags: ClientTlsFlags, target: Target): boolean {
  const asking = IMPLYING.find(([key]) => flags[key] !== undefined && flags[key] !== false)?.[1];
  if (target.tls === false && asking !== undefined) {
    throw new UsageError(
      `Cannot combine ${asking} with "${target.text}": http:// means no TLS; write https://`,
    );
  }
  if (target.tls === true && flags.plaintext) {
    throw new UsageError(
      `Cannot combine --plaintext with "${target.text}": https:// means TLS; write http://`,
    );
  }
  for (const [one, other] of [["certPath", "keyPath"], ["keyPath", "certPath"]] as const) {
    if (flags[one] === undefined || flags[other] !== undefined) continue;
    const [given, missing] = one === "certPath" ? ["--cert", "--key"] : ["--key", "--cert"];
    throw new UsageError(`Cannot use ${given} without ${missing}: mutual TLS needs both`);
  }
  return target.tls === true || asking !== undefined;
}

/**
 * Reads the files that the flags name; undefined where no TLS is asked for.
 *
 * @throws UsageError for flags that contradict each other or the target, CommandError for a file that cannot be used.
 *
 * @example
 * ```ts
 * const tls = await readClientTls(flags, parseTarget(positionals.target));
 * using channel = new Channel(positionals.target, { ...channelTls(tls) });
 * ```
 */
export async function readClientTls(
  flags: ClientTlsFlags,
  target: Target,
): Promise<ClientTls | undefined> {
  if (!wantsTls(flags, target)) return undefined;
  const { caCertPath, certPath, keyPath, insecure, serverName } = flags;
  const read = (path: string | undefined) => path === undefined ? undefined : readTextFile(path);
  const [rootCertificates, certificate, privateKey] = [
    await read(caCertPath),
    await read(certPath),
    await read(keyPath),
  ];
  const own = certificate === undefined || privateKey === undefined
    ? undefined
    : { certificate, privateKey };
  await checkOrName({ own, roots: rootCertificates }, {
    bad_certificate: ["--cert", certPath],
    bad_key: ["--key", keyPath],
    bad_roots: ["--cacert", caCertPath],
  });
  return { rootCertificates, certificate, privateKey, insecure, serverName };
}

/** Which flag and file each kind of bad credentials came from. */
export type CredentialSources = Readonly<
  Record<
    "bad_certificate" | "bad_key" | "bad_roots",
    readonly [flag: string, path: string | undefined]
  >
>;

/** @throws CommandError that names the flag whose file cannot be used. */
export async function checkOrName(
  credentials: {
    readonly own: { readonly certificate: string; readonly privateKey: string } | undefined;
    readonly roots: string | undefined;
  },
  sources: CredentialSources,
): Promise<void> {
  try {
    await checkCredentials(credentials.own, credentials.roots);
  } catch (cause) {
    if (!(cause instanceof TlsError)) throw cause;
    if (!(cause.failure in sources)) {
      throw new CommandError(`Cannot use TLS: ${cause.message}`, { cause });
    }
    const [flag, path] = sources[cause.failure as keyof CredentialSources];
    throw new CommandError(`Cannot use ${flag} "${path}": ${cause.message}`, { cause });
  }
}

/** The options of a `Channel` that make it speak TLS; none without TLS. */
export function channelTls(tls: ClientTls | undefined) {
  if (tls === undefined) return {};
  return {
    scheme: "https",
    connect: ({ address }: Target, signal: AbortSignal) => connectTls(address, { ...tls, signal }),
  } as const;
}

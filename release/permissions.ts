/**
 * What the binary may do, one flag of Deno a row. It never asks for more: what is not here is refused.
 *
 * The code of `--handlers` runs with the same permissions. docs/security.md says the same to users.
 */
export const PERMISSIONS = [
  { flag: "--allow-net", why: "any address: servers and targets are named on the command line" },
  { flag: "--allow-read", why: "any file: protos, handlers, tables, keys are named there too" },
  { flag: "--allow-write", why: "any file: answers, scaffolds, certificates, sockets" },
  { flag: "--allow-env", why: "NO_COLOR and TMPDIR; and what handlers are configured with" },
  // Deno's fs.accessSync() compares it with the file's; without, @grpc/proto-loader finds no import.
  { flag: "--allow-sys=uid", why: "imports of protos: whether this user may read them" },
  { flag: "--no-prompt", why: "a server has nobody to ask" },
  { flag: "--deny-import", why: "handlers come from disk; no code is fetched" },
] as const;

/** Permissions that handlers may need and broker does not: `--allow NAME` of `deno task compile` adds one. */
export const FURTHER_PERMISSIONS = ["sys", "run", "ffi"] as const;

/** The flags for `deno compile`: those of PERMISSIONS, and `--allow-NAME` for each of FURTHER_PERMISSIONS that is asked for. */
export function listPermissionFlags(further: readonly string[]): string[] {
  // Deno takes no flag twice: one without a value allows what a value would, and more.
  const isWider = (flag: string) => further.some((name) => flag.startsWith(`--allow-${name}=`));
  return [
    ...PERMISSIONS.map(({ flag }) => flag).filter((flag) => !isWider(flag)),
    ...new Set(further.map((name) => `--allow-${name}`)),
  ];
}

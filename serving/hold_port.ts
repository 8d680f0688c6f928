/** How long a start at the same moment is waited for; it takes less than a millisecond. */
const LOCK_PATIENCE_MS = 2000;

/** A TCP port that no other server can take. */
export interface HeldPort {
  readonly port: number;
  /** To be called when all workers listen on it: until then, new connections may wait here in vain. */
  release(): void;
}

/**
 * Takes a TCP port for listeners with `reusePort`; port 0 picks a free one.
 *
 * Two servers that reuse ports could share one without noticing. So it is bound alone first, which fails where anybody
 * listens, and then for reuse, which keeps others from binding it alone. A lock keeps out another server that does the
 * same at the same moment.
 *
 * @throws the `Deno.errors` of `Deno.listen`
 */
export async function holdPort(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): Promise<HeldPort> {
  // The kernel picks no port that others reuse.
  const lock = port === 0 ? undefined : await lockStarts();
  try {
    if (port !== 0) Deno.listen({ hostname, port }).close();
    const holder = Deno.listen({ hostname, port, reusePort: true });
    return { port: holder.addr.port, release: () => holder.close() };
  } finally {
    lock?.close();
  }
}

/**
 * Waits until no other broker is taking a port; closing what is returned lets the next one go on.
 *
 * The root folder is what all programs can open for reading, and locks end with their process. (An abstract Unix socket
 * would do as well, but Deno 2.6 refuses its name.)
 */
async function lockStarts(): Promise<Deno.FsFile | undefined> {
  const root = await Deno.open("/").catch(() => undefined);
  if (root === undefined) return undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Whoever holds it for longer is no broker: without the lock, only a start at the same moment would go unnoticed.
  const patience = new Promise<void>((resolve) => timer = setTimeout(resolve, LOCK_PATIENCE_MS));
  // Some file systems, such as NFS, lock no folder that is open for reading.
  const locked = root.lock(true).catch(() => {});
  await Promise.race([locked, patience]);
  clearTimeout(timer);
  return root;
}

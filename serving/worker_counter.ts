import type { LocalWatch } from "../dashboard/mod.ts";
import type { RpcServer } from "../rpc/mod.ts";
import type { FromWorker } from "./worker_messages.ts";

/** What a worker counts and shows of its calls for the page, which the main thread serves. */
export class WorkerCounter {
  readonly #post: (message: FromWorker) => void;
  readonly #watch: Promise<LocalWatch>;
  /** By the path of the method. */
  readonly #stops = new Map<string, Promise<() => void>>();

  constructor(server: RpcServer, post: (message: FromWorker) => void) {
    this.#post = post;
    this.#watch = openWatch(server);
  }

  async count(askId: number): Promise<void> {
    const snapshot = await (await this.#watch).snapshot();
    this.#post({ kind: "snapshot", askId, snapshot });
  }

  watch(methodPath: string): void {
    if (this.#stops.has(methodPath)) return;
    this.#stops.set(
      methodPath,
      this.#watch.then((watch) =>
        watch.watch(methodPath, (batch) => this.#post({ kind: "samples", batch }))
      ),
    );
  }

  async unwatch(methodPath: string): Promise<void> {
    const stop = this.#stops.get(methodPath);
    this.#stops.delete(methodPath);
    (await stop)?.();
  }

  /** Watches no more. */
  async close(): Promise<void> {
    await Promise.all([...this.#stops.keys()].map((methodPath) => this.unwatch(methodPath)));
    (await this.#watch).close();
  }
}

/** After the server: nobody waits for it longer because of its page. */
async function openWatch(server: RpcServer): Promise<LocalWatch> {
  const { LocalWatch } = await import("../dashboard/local_watch.ts");
  return new LocalWatch(server);
}

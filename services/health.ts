import { type Handlers, RpcError, type ServerCallContext, Status } from "../rpc/mod.ts";
import { HEALTH_DEFINITION, HEALTH_PROTO, HEALTH_SERVICE } from "./health_definition.ts";
import { quoteName } from "./quote_name.ts";
import type { StandardService } from "./standard_services.ts";

interface HealthRequest {
  /** Full name; empty for the server as a whole. */
  readonly service: string;
}

interface HealthAnswer {
  readonly status: "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";
}

/**
 * `grpc.health.v1.Health`: the server as a whole (`""`) and each of its services are SERVING until `stop()`.
 *
 * `Check` and `List` say what is; `Watch` says it, then that the server stops, and ends.
 *
 * Source: grpc/grpc, doc/health-checking.md; docs/dependencies.md says why this is not grpc-health-check.
 */
export class Health implements StandardService {
  readonly name = HEALTH_SERVICE;
  readonly definition = HEALTH_DEFINITION;
  readonly proto = HEALTH_PROTO;
  readonly handlers: Handlers = {
    Check: (request: HealthRequest) => this.#check(request),
    List: () => this.#list(),
    Watch: (request: HealthRequest, call: ServerCallContext) => this.#watch(request, call),
  };

  readonly #known: ReadonlySet<string>;
  /** Wakes the calls of `Watch`; each is taken out when its call ends. */
  readonly #watches = new Set<() => void>();
  #isStopped = false;

  /** @param services full names */
  constructor(services: Iterable<string>) {
    this.#known = new Set(["", ...services]);
  }

  /** Everything is NOT_SERVING from here on; whoever watches is told, and its call ends. */
  stop(): void {
    this.#isStopped = true;
    for (const wake of this.#watches) wake();
  }

  #answer(service: string): HealthAnswer {
    if (!this.#known.has(service)) return { status: "SERVICE_UNKNOWN" };
    return { status: this.#isStopped ? "NOT_SERVING" : "SERVING" };
  }

  #check({ service }: HealthRequest): HealthAnswer {
    if (this.#known.has(service)) return this.#answer(service);
    throw new RpcError(Status.NOT_FOUND, `The server has no service ${quoteName(service)}`);
  }

  #list(): { readonly statuses: Readonly<Record<string, HealthAnswer>> } {
    const statuses = Array.from(this.#known, (service) => [service, this.#answer(service)]);
    return { statuses: Object.fromEntries(statuses) };
  }

  async *#watch(
    { service }: HealthRequest,
    { signal }: ServerCallContext,
  ): AsyncGenerator<HealthAnswer> {
    const first = this.#answer(service);
    yield first;
    if (!this.#isStopped) await this.#untilStopped(signal);
    const last = this.#answer(service);
    if (last.status !== first.status) yield last;
  }

  /** Settles when the server stops, or the call ends. */
  #untilStopped(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#watches.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#watches.add(wake);
      signal.addEventListener("abort", wake);
      if (signal.aborted) wake();
    });
  }
}

/// <reference lib="deno.worker" />
/** The attacker: a thread of its own, so that what it does is not held against the honest client. */
import { concat, PREFACE, settings } from "../support/wire.ts";
import type { Attack } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";

/** What the worker is asked to do. */
export interface AttackOrder {
  readonly port: number;
  readonly name: string;
}

/** What came of it. */
export interface AttackReport {
  /** Connections made. */
  readonly connections: number;
  /** Of these, those that the server ended. */
  readonly cutOff: number;
  /** Octets that the server took. */
  readonly sentOctets: number;
}

/** Between two writes of a connection, so that the machine is left to the server and its honest client. */
const PAUSE_MS = 8;
/** A write that the server does not take for so long is given up, and the connection with it. */
const STALL_MS = 400;
/** Connections of one place that were cut off, after which it has learnt its lesson. */
const MAX_RECONNECTS = 15;

/** The report while it grows. */
type Tally = { -readonly [Key in keyof AttackReport]: AttackReport[Key] };

class Place {
  readonly #port: number;
  readonly #attack: Attack;
  readonly #report: Tally;
  #connection: Deno.TcpConn | undefined;
  #reading: Promise<void> | undefined;
  #turn = 0;
  #connected = 0;

  constructor(order: { port: number; attack: Attack }, report: Tally) {
    this.#port = order.port;
    this.#attack = order.attack;
    this.#report = report;
  }

  /** Does all turns, or as many as the server lets it. */
  async run(): Promise<void> {
    const { turns = 150, turnsPerConnection = Infinity } = this.#attack;
    for (let turn = 0; turn < turns && this.#connected <= MAX_RECONNECTS; turn++) {
      if (this.#turn >= turnsPerConnection) this.#close();
      try {
        this.#connection ??= await this.#connect();
        await this.#send(this.#connection, this.#attack.send(this.#turn++));
      } catch {
        this.#report.cutOff++;
        this.#close();
      }
      await pause(PAUSE_MS);
    }
  }

  /** Ends what is left. */
  async end(): Promise<void> {
    this.#close();
    await this.#reading;
  }

  async #connect(): Promise<Deno.TcpConn> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    this.#connection = connection;
    this.#turn = 0;
    this.#connected++;
    this.#report.connections++;
    const { reads = true, isSilent = false, settings: entries = [] } = this.#attack;
    if (reads) this.#reading = this.#readAll(connection);
    if (!isSilent) await this.#send(connection, concat([PREFACE, settings(entries)]));
    return connection;
  }

  async #send(connection: Deno.TcpConn, octets: Uint8Array): Promise<void> {
    let stalled = false;
    const timer = setTimeout(() => {
      stalled = true;
      connection.close();
    }, STALL_MS);
    try {
      for (let rest = octets; rest.length > 0 && !stalled;) {
        const count = await connection.write(rest);
        this.#report.sentOctets += count;
        rest = rest.subarray(count);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #readAll(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      while (await connection.read(buffer) !== null);
      this.#report.cutOff++;
    } catch {
      // Cut off, by us or by the server.
    }
    if (this.#connection === connection) this.#close();
  }

  #close(): void {
    try {
      this.#connection?.close();
    } catch {
      // It was given up.
    }
    this.#connection = undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function attackServer({ port, name }: AttackOrder): Promise<AttackReport> {
  const attack = ATTACKS.find((candidate) => candidate.name === name);
  if (attack === undefined) throw new Error(`There is no attack "${name}"`);
  const report: Tally = { connections: 0, cutOff: 0, sentOctets: 0 };
  const places = Array.from(
    { length: attack.connections ?? 4 },
    () => new Place({ port, attack }, report),
  );
  await Promise.all(places.map((place) => place.run()));
  await Promise.all(places.map((place) => place.end()));
  return report;
}

self.onmessage = async ({ data: order }: MessageEvent<AttackOrder>) => {
  self.postMessage(await attackServer(order));
};

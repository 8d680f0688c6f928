/** What an attacker does on each of its connections, as data: the worker brings it to the socket. */
export interface Attack {
  /** Section of docs/attacks.md and what is done. */
  readonly name: string;
  /** Connections in parallel. Default 4. */
  readonly connections?: number;
  /** Writes of each connection's place, a few ms apart; a place that is cut off connects again. Default 150. */
  readonly turns?: number;
  /** Entries of the attacker's SETTINGS. Default none. */
  readonly settings?: readonly (readonly [number, number])[];
  /** Whether the attacker reads what the server says. Default true. */
  readonly reads?: boolean;
  /** Leaves the preface and SETTINGS out. Default false. */
  readonly isSilent?: boolean;
  /** Cuts the connection after so many turns and connects again. Default: never. */
  readonly turnsPerConnection?: number;
  /** What a turn sends; `turn` counts from 0 on each connection. */
  readonly send: (turn: number) => Uint8Array;
}

/** Peers that talk nonsense or leave at any moment (docs/attacks.md 1.21). */
import { createRandom, printSeed } from "../../support/random.ts";
import {
  data,
  frame,
  goaway,
  headers,
  rstStream,
  settings,
  windowUpdate,
} from "../../support/wire.ts";
import { untilQuiet } from "./hostile_rig.ts";
import {
  OK,
  OK_FIELDS,
  pattern,
  POST,
  post,
  type Rig,
  startClient,
  startServer,
  until,
} from "./rig.ts";

Deno.test("Random frames never break more than their connection", async () => {
  const random = createRandom(printSeed());
  for (let round = 0; round < 60; round++) {
    const role = round % 2 === 0 ? "server" : "client";
    await using rig = role === "server"
      ? await startServer({ onRequest: ({ stream }) => stream?.sendHeaders(OK_FIELDS) })
      : await startClient();
    if (role === "client") rig.open();
    for (let count = 0; count < 40; count++) {
      if (!await rig.peer.trySend(randomFrame(random, role))) break;
    }
    await untilQuiet(rig);
  }
});

function randomFrame(random: (below: number) => number, role: string): Uint8Array {
  const streamId = random(8);
  const octets = () => Uint8Array.from({ length: random(20) }, () => random(256));
  const endStream = random(3) === 0;
  switch (random(8)) {
    case 0:
      return headers(streamId, role === "server" ? POST : OK, { endStream });
    case 1:
      return data(streamId, octets(), { endStream, padding: random(9) });
    case 2:
      return rstStream(streamId, random(16));
    case 3:
      return windowUpdate(streamId, random(1000));
    case 4:
      return settings([[random(8), random(70_000)]]);
    case 5:
      return goaway(random(9), random(14));
    case 6:
      return headers(streamId, octets(), { endStream, endHeaders: random(4) !== 0 });
    default:
      return frame(random(12), random(256), streamId, octets());
  }
}

Deno.test("A peer that vanishes at any moment leaves nothing behind", async () => {
  const scenarios: readonly ((rig: Rig) => Promise<void>)[] = [
    () => Promise.resolve(),
    (rig) => rig.peer.send(post(1)),
    (rig) => rig.peer.send(post(1), data(1, pattern(1000))),
    (rig) => rig.peer.send(post(1), data(1, pattern(100)).subarray(0, 50)),
    (rig) => rig.peer.send(goaway(0)),
  ];
  for (const scenario of scenarios) {
    for (const way of ["close", "cut"] as const) {
      await using rig = await startServer();
      await scenario(rig);
      await untilQuiet(rig);
      if (way === "close") await rig.peer.close();
      else rig.socket.cut();
      await rig.done;
      await until(() => [...rig.requests.values()].every(({ cause }) => cause !== undefined));
    }
  }
});

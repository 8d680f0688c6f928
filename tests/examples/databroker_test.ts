import assert from "node:assert/strict";
import type { BrokerRequestInit, Clients } from "../../examples/databroker/gen/databroker.ts";
import { runBroker, temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { type PeerServer, pythonPeer, startPeerServer, testWithPeers } from "../support/peers.ts";
import { runProgram } from "../support/run_program.ts";
import { collect, serveExample, testExample } from "./support.ts";

const MEASUREMENTS = repositoryPath("examples/databroker/measurements.csv");
const PYTHON_FOLDER = repositoryPath("tests/peers/python");
/** In measurements.csv. */
const ANOMALIES = [187];
const ROW_COUNT = 300;
/** What the tutorial's client takes half a second for. */
const TUTORIAL_ROWS = 50;

/** An answer of the databroker, as it is printed. */
interface Answer {
  readonly id: number;
  readonly prediction: boolean;
}

async function readMeasurements(): Promise<BrokerRequestInit[]> {
  const lines = (await Deno.readTextFile(MEASUREMENTS)).trimEnd().split("\n");
  return lines.map((line) => {
    const [id, sensor1, sensor2, sensor3, sensor4] = line.split(",").map(Number);
    return { id, sensor1, sensor2, sensor3, sensor4 };
  });
}

function anomaliesOf(answers: readonly Answer[]): number[] {
  return answers.filter(({ prediction }) => prediction).map(({ id }) => id);
}

function parseLines<Line>(text: string): Line[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

await testExample<Clients>("databroker", {
  async "Every measurement is answered under its id, in order, and the anomaly is found"(
    { services },
  ) {
    const measurements = await readMeasurements();
    const answers = await collect(services.BrokerService.BidirectionalStreaming(measurements));
    assert.deepEqual(answers.map(({ id }) => id), measurements.map(({ id }) => id));
    assert.deepEqual(anomaliesOf(answers), ANOMALIES);
  },

  async "Each measurement is answered before the next one is sent"({ services }) {
    let answered = Promise.withResolvers<void>();
    async function* measure() {
      for (let id = 1; id <= 20; id++) {
        yield { id, sensor1: id };
        await answered.promise;
        answered = Promise.withResolvers();
      }
    }
    const ids: number[] = [];
    for await (const { id } of services.BrokerService.BidirectionalStreaming(measure())) {
      ids.push(id);
      answered.resolve();
    }
    assert.equal(ids.length, 20);
  },

  async "Streams at the same time do not disturb each other"({ services, connect }) {
    const measurements = await readMeasurements();
    const other = connect();
    try {
      const all = await Promise.all(
        [services, other.services, services].map((client) =>
          collect(client.BrokerService.BidirectionalStreaming(measurements))
        ),
      );
      assert.deepEqual(all.map(anomaliesOf), [ANOMALIES, ANOMALIES, ANOMALIES]);
    } finally {
      other.close();
    }
  },
});

/** Certificates of `broker cert`, and the flags for both sides. */
async function makeCertificates() {
  const folder = await temporaryFolder();
  const made = await runBroker(["cert", "--out", folder.path]);
  assert.equal(made.exitCode, 0, made.stderr);
  const { path } = folder;
  return {
    path,
    serverFlags: ["--tls-cert", `${path}/server.crt`, "--tls-key", `${path}/server.key`],
    clientFlags: ["--cacert", `${path}/ca.crt`],
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("examples/databroker: broker cert, serve and stream find the anomaly over TLS", async () => {
  await using certificates = await makeCertificates();
  await using server = await serveExample("databroker", ...certificates.serverFlags);
  const flags = ["--no-header", "-O", "jsonl"];
  const args = ["stream", MEASUREMENTS, server.target, ...flags];
  const ran = await runBroker([...args, ...certificates.clientFlags]);
  assert.equal(ran.exitCode, 0, ran.stderr);
  const answers = parseLines<Answer>(ran.stdout);
  assert.equal(answers.length, ROW_COUNT);
  assert.deepEqual(anomaliesOf(answers), ANOMALIES);
  const plain = await runBroker(args);
  assert.notEqual(plain.exitCode, 0, "without TLS");
  const untrusting = await runBroker([...args, "--tls"]);
  assert.match(untrusting.stderr, /certificate/);
  assert.notEqual(untrusting.exitCode, 0, "with another authority");
});

const python = await pythonPeer();

testWithPeers(
  { python },
  "examples/databroker: the tutorial's Python client is answered row by row, in plain text and over TLS",
  async ({ python }) => {
    await using certificates = await makeCertificates();
    const head = (await Deno.readTextFile(MEASUREMENTS)).split("\n").slice(0, TUTORIAL_ROWS);
    const csv = `${certificates.path}/head.csv`;
    await Deno.writeTextFile(csv, `${head.join("\n")}\n`);
    for (const isTls of [false, true]) {
      const flags = isTls ? certificates.serverFlags : [];
      await using server = await serveExample("databroker", ...flags);
      const script = `${PYTHON_FOLDER}/tutorial_client.py`;
      const tls = isTls ? ["--tls", certificates.path] : [];
      const ran = await runProgram([python.executable, script, server.target, csv, ...tls]);
      assert.equal(ran.code, 0, ran.stderr);
      const answers = parseLines<Answer & { readonly sent: number }>(ran.stdout);
      assert.deepEqual(
        answers.map(({ id }) => id),
        Array.from({ length: TUTORIAL_ROWS }, (_, index) => index + 1),
      );
      const [first] = answers;
      assert.ok(first !== undefined && first.sent < TUTORIAL_ROWS, "answers come as rows go out");
    }
  },
);

testWithPeers(
  { python },
  "examples/databroker: broker stream gets the predictions of the tutorial's Python server, in plain text and over TLS",
  async ({ python }) => {
    await using certificates = await makeCertificates();
    const peer = { ...python, serverScript: `${PYTHON_FOLDER}/tutorial_server.py` };
    const check = async ({ target }: PeerServer, ...flags: readonly string[]) => {
      const args = ["stream", MEASUREMENTS, target, "--no-header", "-O", "jsonl", ...flags];
      const ran = await runBroker(args);
      assert.equal(ran.exitCode, 0, ran.stderr);
      const answers = parseLines<Answer>(ran.stdout);
      assert.equal(answers.length, ROW_COUNT);
      for (const { id, prediction } of answers) assert.equal(prediction, id % 2 === 0);
    };
    await using server = await startPeerServer(peer);
    await check(server);
    await using tlsServer = await startPeerServer(peer, { tls: { folder: certificates.path } });
    await check(tlsServer, ...certificates.clientFlags);
  },
);

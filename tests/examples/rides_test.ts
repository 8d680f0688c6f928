import assert from "node:assert/strict";
import type { Clients } from "../../examples/rides/gen/rides.ts";
import { decodeErrorDetails, RpcError, Status } from "../../mod.ts";
import { Channel } from "../../rpc/mod.ts";
import { loadSchema } from "../../schema/mod.ts";
import { runBroker, temporaryFolder } from "../support/broker.ts";
import { grpcurlPeer } from "../support/find_grpcurl.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { protoOf, type RunningExample, serveExample, testExample } from "./support.ts";

const FOLDER = repositoryPath("examples/rides");
const file = (name: string) => `${FOLDER}/${name}`;

/** 2026-05-04T08:00:00Z. */
const time = { seconds: "1777881600", nanos: 0 };
const location = { lat: 51.5, lng: -0.13 };
const request = {
  driver_id: "007",
  location,
  passenger_ids: ["M", "Q"],
  time,
  type: "POOL",
} as const;
const position = { car_id: "car-7", time, location };

interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

await testExample<Clients>("rides", {
  async "a ride is begun, followed and ended"({ services: { Rides } }) {
    const { id } = await Rides.Start(request);
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await Rides.Track([position, position, position]), { count: "3" });
    assert.deepEqual(await Rides.Track([]), { count: "0" });
    const end = { id, time: { seconds: "1777881690", nanos: 500_000_000 }, distance: 1.5 };
    assert.deepEqual(await Rides.End(end), { id, duration: 90.5 });
  },

  async "the id of another ride is NOT_FOUND, that of one that has ended FAILED_PRECONDITION"(
    { services: { Rides } },
  ) {
    const { id } = await Rides.Start({ ...request, type: "REGULAR" });
    await Rides.End({ id });
    assert.deepEqual(await refusalOf(Rides.End({ id })), {
      code: Status.FAILED_PRECONDITION,
      message: `The ride "${id}" has ended before`,
    });
    assert.deepEqual(await refusalOf(Rides.End({ id: "none" })), {
      code: Status.NOT_FOUND,
      message: 'There is no ride "none"',
    });
  },

  async "a request that is wrong is refused, and every field of it is named, for machines as well"(
    { services: { Rides } },
  ) {
    const wrong = { driver_id: "", location: { lat: 91, lng: 0 } };
    const refused = await rejectionOf(Rides.Start(wrong));
    assert.equal(refused.code, Status.INVALID_ARGUMENT);
    const violations = [
      ["driver_id", "must not be empty"],
      ["location.lat", "is 91, and must be -90 to 90"],
      ["passenger_ids", "must have at least one"],
    ];
    assert.equal(refused.message, violations.map((both) => both.join(": ")).join("; "));
    const status = decodeErrorDetails(refused.details ?? new Uint8Array());
    assert.deepEqual([status?.code, status?.message], [refused.code, refused.message]);
    const [detail, ...others] = status?.details ?? [];
    assert.deepEqual([detail?.typeName, others], ["google.rpc.BadRequest", []]);
    const { field_violations } = detail?.value as { field_violations: FieldViolation[] };
    assert.deepEqual(
      field_violations.map(({ field, description }) => [field, description]),
      violations,
    );
  },

  async "the name of a driver alone can be what is wrong"({ services: { Rides } }) {
    assert.deepEqual(await refusalOf(Rides.Start({ ...request, driver_id: "" })), {
      code: Status.INVALID_ARGUMENT,
      message: "driver_id: must not be empty",
    });
  },

  async "a position that is wrong ends its stream"({ services: { Rides } }) {
    assert.deepEqual(await refusalOf(Rides.Track([position, { car_id: "car-7" }, position])), {
      code: Status.INVALID_ARGUMENT,
      message: "time: must be given; location: must be given",
    });
  },

  async "a trailer says how long a call took, one that was refused included"(example) {
    for (const driver of ["007", ""]) {
      assert.match(await durationOf(example, driver), /^\d+\.\d{3}$/, `driver "${driver}"`);
    }
  },
});

Deno.test("examples/rides: call takes request.json, and says what is wrong with bad_request.json", async () => {
  await using folder = await temporaryFolder();
  const certs = `${folder.path}/certs`;
  const made = await runBroker(["cert", "--out", certs]);
  assert.equal(made.exitCode, 0, made.stderr);
  const flags = ["--tls-cert", `${certs}/server.crt`, "--tls-key", `${certs}/server.key`];
  await using server = await serveExample("rides", ...flags);
  const target = server.target.replace("127.0.0.1", "localhost");
  const broker = (...args: string[]) => runBroker([...args, "--cacert", `${certs}/ca.crt`]);

  const started = await broker("call", target, "Start", "-d", `@${file("request.json")}`);
  assert.equal(started.exitCode, 0, started.stderr);
  const { id } = JSON.parse(started.stdout);
  const ended = await broker("call", target, "End", "-d", JSON.stringify({ id, distance: 12 }));
  assert.equal(ended.exitCode, 0, ended.stderr);
  assert.equal(JSON.parse(ended.stdout).id, id);

  const refused = await broker("call", target, "Start", "-d", `@${file("bad_request.json")}`);
  assert.equal(refused.exitCode, 64 + Status.INVALID_ARGUMENT, refused.stderr);
  assert.match(refused.stderr, /driver_id: must not be empty; location\.lat: is 251/);

  const streamed = await broker("stream", file("track.csv"), target, "-q");
  assert.deepEqual([streamed.stdout, streamed.exitCode], ['{"count":"4"}\n', 0], streamed.stderr);

  const unknown = await runBroker(["call", target, "Start", "--tls"]);
  assert.equal(unknown.exitCode, 1, "a certificate of an unknown authority is not taken");
});

testWithPeers(
  { grpcurl: await grpcurlPeer() },
  "examples/rides: grpcurl calls it with the same files, through reflection",
  async ({ grpcurl }) => {
    await using server = await serveExample("rides");
    const call = async (...args: string[]) =>
      await runProgram([grpcurl.executable, "-plaintext", ...args]);
    const start = (name: string) =>
      call("-d", Deno.readTextFileSync(file(name)), server.target, "rides.v1.Rides/Start");
    assert.match((await call(server.target, "list")).stdout, /^rides\.v1\.Rides$/m);
    const started = await start("request.json");
    assert.equal(started.code, 0, started.stderr);
    assert.match(JSON.parse(started.stdout).id, /^[0-9a-f-]{36}$/);
    const refused = await start("bad_request.json");
    assert.equal(refused.code, 64 + Status.INVALID_ARGUMENT);
    assert.match(
      refused.stderr,
      /driver_id: must not be empty; location\.lat: is 251[^]*google\.rpc\.BadRequest/,
    );
  },
);

async function rejectionOf(answer: Promise<unknown>): Promise<RpcError> {
  const error = await answer.then(
    (found) => assert.fail(`Answered with ${JSON.stringify(found)}`),
    (error: unknown) => error,
  );
  assert.ok(error instanceof RpcError, String(error));
  return error;
}

async function refusalOf(answer: Promise<unknown>) {
  const { code, message } = await rejectionOf(answer);
  return { code, message };
}

async function durationOf({ target }: RunningExample<Clients>, driver: string): Promise<string> {
  const { services: [service] } = await loadSchema([protoOf("rides")]);
  using channel = new Channel(target);
  const call = channel.call(service.definition.Start);
  call.send({ ...request, driver_id: driver });
  call.end();
  const { code, trailers } = await call.status;
  assert.equal(code, driver === "" ? Status.INVALID_ARGUMENT : Status.OK);
  return trailers.text("duration-ms") ?? "none";
}

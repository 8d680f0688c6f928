import assert from "node:assert/strict";
import type { Clients } from "../../examples/datahub/gen/datahub.ts";
import { Status } from "../../rpc/mod.ts";
import { runBroker, startServer } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { collectText, runProgram } from "../support/run_program.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { collect, protoOf, type RunningExample, serveExample, testExample } from "./support.ts";

/** A subscriber with this interval gets nothing twice while a test runs. */
const NEVER = { "interval-ms": "3600000" };
const SUBSCRIBERS = 1_000;
/** Calls that a server takes on one connection unless it is told otherwise. */
const SUBSCRIBERS_PER_CONNECTION = 100;
/** 20 MB together, far beyond what windows and sockets hold. */
const WIDE_VALUES = Array.from({ length: 20_000 }, (_, index) => wide(index + 1));

function wide(value: number): string {
  return String(value).padStart(1_000, "0");
}

function guidOf(value: string): string {
  return `guid of ${Number(value)}`;
}

/** Publishes values of a tag, each acknowledged. */
async function publish({ Ingress }: Clients, TagName: string, ...values: readonly string[]) {
  const packages = values.map((TagValue) => ({
    TagName,
    TagValue,
    TrackingGuid: guidOf(TagValue),
  }));
  const acknowledged = await collect(Ingress.ExchangeDataPackages(packages));
  assert.deepEqual(
    acknowledged,
    packages.map(({ TrackingGuid }) => ({ IsSuccess: true, LastError: "", TrackingGuid })),
  );
}

/** Subscribes to a tag; `next` waits for a value. */
function subscribe({ Egress }: Clients, TagName: string, metadata: Record<string, string> = NEVER) {
  const cancel = new AbortController();
  const answers = Egress
    .GetDataPackagesStream({ TagName, TrackingGuid: "mine" }, { metadata, signal: cancel.signal });
  const iterator = answers[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await iterator.next();
      assert.ok(!done && value.IsSuccess && value.TagName === TagName, Deno.inspect(value));
      assert.equal(value.TrackingGuid, guidOf(value.TagValue));
      return value.TagValue;
    },
    async leave() {
      cancel.abort();
      await assert.rejects(async () => {
        while (!(await iterator.next()).done);
      }, { code: Status.CANCELLED });
    },
  };
}

/** Opens so many connections, and closes them in the end. */
async function withConnections(
  { connect }: RunningExample<Clients>,
  count: number,
  run: (clients: readonly Clients[]) => Promise<void>,
): Promise<void> {
  const connections = Array.from({ length: count }, connect);
  try {
    await run(connections.map(({ services }) => services));
  } finally {
    for (const connection of connections) connection.close();
  }
}

await testExample<Clients>("datahub", {
  async "A subscriber gets the latest value, then every new one in order, until it cancels"(
    { services },
  ) {
    await publish(services, "order", "1", "2");
    const { next, leave } = subscribe(services, "order");
    assert.equal(await next(), "2");
    await publish(services, "order", "3", "4", "5");
    await publish(services, "another", "6");
    await publish(services, "order", "7");
    assert.deepEqual([await next(), await next(), await next(), await next()], [..."3457"]);
    await leave();
  },

  async "A subscriber gets the latest value again at each interval"({ services }) {
    await publish(services, "interval", "1");
    const { next, leave } = subscribe(services, "interval", { "interval-ms": "10" });
    assert.deepEqual([await next(), await next(), await next()], ["1", "1", "1"]);
    await leave();
  },

  async "An unknown tag is answered with IsSuccess false, LastError and the guid of the request"(
    { services },
  ) {
    const request = { TagName: "no such tag", TrackingGuid: "mine" };
    assert.deepEqual(await collect(services.Egress.GetDataPackagesStream(request)), [{
      IsSuccess: false,
      LastError: 'There is no tag "no such tag"',
      TrackingGuid: "mine",
      TagName: "no such tag",
      TagValue: "",
    }]);
  },

  async "A subscription ends at its deadline, and one with a bad interval at once"({ services }) {
    await publish(services, "deadline", "1");
    const watch = (options: { metadata: Record<string, string>; timeoutMs?: number }) =>
      collect(services.Egress.GetDataPackagesStream({ TagName: "deadline" }, options));
    await assert.rejects(watch({ metadata: NEVER, timeoutMs: 100 }), {
      code: Status.DEADLINE_EXCEEDED,
    });
    await assert.rejects(watch({ metadata: { "interval-ms": "1" } }), {
      code: Status.INVALID_ARGUMENT,
      message: 'interval-ms is "1": it must be 10 to 3600000',
    });
  },

  async "SendDataPackages counts what it took, and says why it refused the rest"({ services }) {
    const packages = [{ TagName: "count" }, { TagName: "" }, { TagName: "count" }];
    assert.deepEqual(await services.Ingress.SendDataPackages(packages), {
      Accepted: "2",
      Refused: "1",
      LastError: "TagName is empty",
    });
  },

  async "1,000 subscribers on one tag stay in step"(example) {
    await publish(example.services, "step", "0");
    await withConnections(example, SUBSCRIBERS / SUBSCRIBERS_PER_CONNECTION, async (clients) => {
      const subscribers = clients.flatMap((client) =>
        Array.from({ length: SUBSCRIBERS_PER_CONNECTION }, () => subscribe(client, "step"))
      );
      assert.equal(subscribers.length, SUBSCRIBERS);
      for (let value = 0; value < 10; value++) {
        if (value > 0) await publish(example.services, "step", String(value));
        const got = await Promise.all(subscribers.map(({ next }) => next()));
        assert.deepEqual([...new Set(got)], [String(value)]);
      }
      await Promise.all(subscribers.map(({ leave }) => leave()));
    });
  },

  async "A subscriber that does not read skips to the latest value, and holds nobody up"(example) {
    await publish(example.services, "slow", wide(0));
    await withConnections(example, 1, async ([client = example.services]) => {
      const { next, leave } = subscribe(client, "slow");
      assert.equal(await next(), wide(0));
      await publish(example.services, "slow", ...WIDE_VALUES);
      const got: string[] = [];
      while (got.at(-1) !== WIDE_VALUES.at(-1)) got.push(await next());
      assert.ok(got.length < WIDE_VALUES.length, `${got.length} values`);
      assert.deepEqual(got, got.toSorted());
      await leave();
    });
  },
});

Deno.test("examples/datahub notices at once that a subscriber is gone", async () => {
  const handlers = repositoryPath("examples/datahub/server.ts");
  await using server = await startServer([protoOf("datahub"), "--handlers", handlers]);
  const row = '{"TagName": "gone", "TagValue": "1"}';
  const sent = await runBroker(["call", server.target, "SendDataPackages", "-d", row]);
  assert.equal(sent.exitCode, 0, sent.stderr);
  const request = '{"TagName": "gone"}';
  const main = repositoryPath("main.ts");
  const subscriber = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", main, "call", server.target, "GetDataPackagesStream", "-d", request],
      // Nothing is sent that could fail for want of a reader.
      ...["-H", `interval-ms: ${NEVER["interval-ms"]}`],
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const first = Promise.withResolvers<void>();
  const printed = collectText(subscriber.stdout, () => first.resolve());
  await withTimeout(Promise.race([first.promise, printed]), 30_000, "the first value");
  subscriber.kill("SIGKILL");
  await subscriber.status;
  assert.match(await printed, /"TagValue":"1"/);
  await server.untilPrinted("stderr", /\/datahub\.Egress\/GetDataPackagesStream \S+ CANCELLED /);
});

Deno.test("examples/datahub: broker stream publishes packages.csv, broker call watches until --max-time", async () => {
  await using server = await serveExample("datahub");
  const csv = repositoryPath("examples/datahub/packages.csv");
  const stream = (method: string) =>
    runBroker(["stream", csv, server.target, "--method", method, "-O", "jsonl"]);
  const exchanged = await stream("ExchangeDataPackages");
  assert.equal(exchanged.exitCode, 0, exchanged.stderr);
  const acknowledgements = exchanged.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(acknowledgements.length, 8);
  assert.ok(acknowledgements.every(({ IsSuccess }) => IsSuccess));
  const sent = await stream("SendDataPackages");
  assert.equal(JSON.parse(sent.stdout).Accepted, "8", sent.stderr);

  const request = '{"TagName": "boiler/temperature", "TrackingGuid": "mine"}';
  const watched = await runBroker([
    ...["call", server.target, "GetDataPackagesStream", "-d", request],
    ...["-H", "interval-ms: 50", "--max-time", "1s"],
  ]);
  assert.equal(watched.exitCode, 64 + Status.DEADLINE_EXCEEDED, watched.stderr);
  const values = watched.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.ok(values.length >= 2, watched.stdout);
  assert.ok(values.every(({ TagName }) => TagName === "boiler/temperature"));
});

Deno.test("examples/datahub: client.ts publishes, watches, and cancels after its time", async () => {
  await using server = await serveExample("datahub");
  const client = repositoryPath("examples/datahub/client.ts");
  const ran = await runProgram([Deno.execPath(), "run", "-A", client, server.target, "1"], {
    timeoutMs: 30_000,
  });
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /^Egress.GetDataPackagesStream \{\s+IsSuccess: true,/m);
  assert.match(ran.stdout, /^Egress.GetDataPackagesStream cancelled after 1 s$/m);
});

import assert from "node:assert/strict";
import type { Clients } from "../../examples/route_guide/gen/route_guide.ts";
import { runBroker, temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { findTutorialClient } from "./find_tutorial_client.ts";
import { collect, serveExample, testExample } from "./support.ts";

const NEWARK = { latitude: 407357000, longitude: -741724000 };
const YONKERS = { latitude: 409312000, longitude: -738987000 };
/** In features.json. */
const PLACES = 119;
const NOWHERE = { latitude: 1, longitude: 1 };

await testExample<Clients>("route_guide", {
  async "GetFeature names the place at a point, and has no name where there is none"({ services }) {
    assert.deepEqual(await services.RouteGuide.GetFeature(NEWARK), {
      name: "Newark",
      location: NEWARK,
    });
    assert.deepEqual(await services.RouteGuide.GetFeature(NOWHERE), {
      name: "",
      location: NOWHERE,
    });
  },

  async "ListFeatures streams all places of the tutorial's rectangle, and the one of a point's"(
    { services },
  ) {
    const rectangle = {
      lo: { latitude: 400000000, longitude: -750000000 },
      hi: { latitude: 420000000, longitude: -730000000 },
    };
    const all = await collect(services.RouteGuide.ListFeatures(rectangle));
    assert.equal(all.length, PLACES);
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    const one = await collect(services.RouteGuide.ListFeatures({ lo: NEWARK, hi: NEWARK }));
    assert.deepEqual(one.map(({ name }) => name), ["Newark"]);
  },

  async "RecordRoute counts points and places, and measures along a great circle"({ services }) {
    const summary = await services.RouteGuide.RecordRoute([NEWARK, YONKERS, NOWHERE, NOWHERE]);
    const { point_count, feature_count, elapsed_time } = summary;
    assert.deepEqual([point_count, feature_count, elapsed_time], [4, 2, 0]);
    const pair = await services.RouteGuide.RecordRoute([
      { latitude: 0, longitude: 0 },
      { latitude: 10_000_000, longitude: 0 },
    ]);
    // A degree of a sphere with a radius of 6,371 km.
    assert.equal(pair.distance, 111_195);
  },

  async "RouteChat answers a note with those that others left at the same point, in order"(
    { connect, services },
  ) {
    const here = { latitude: 5, longitude: 6 };
    const note = (message: string, location = here) => ({ message, location });
    const other = connect();
    try {
      const chat = (client: Clients, ...notes: ReturnType<typeof note>[]) =>
        collect(client.RouteGuide.RouteChat(notes));
      assert.deepEqual(await chat(services, note("one"), note("elsewhere", NOWHERE)), []);
      assert.deepEqual(await chat(other.services, note("two")), [note("one")]);
      assert.deepEqual(await chat(services, note("three")), [note("one"), note("two")]);
    } finally {
      other.close();
    }
  },

  async "RouteChat answers while the client goes on writing"({ services }) {
    const location = { latitude: 7, longitude: 8 };
    const answered = Promise.withResolvers<void>();
    async function* talk() {
      yield { message: "first", location };
      yield { message: "second", location };
      await answered.promise;
      yield { message: "third", location };
    }
    const messages: string[] = [];
    for await (const { message } of services.RouteGuide.RouteChat(talk())) {
      messages.push(message);
      answered.resolve();
    }
    assert.deepEqual(messages, ["first", "first", "second"]);
  },
});

Deno.test("examples/route_guide: broker stream sends route.csv point by point", async () => {
  await using server = await serveExample("route_guide");
  await using folder = await temporaryFolder();
  const answers = `${folder.path}/summary.jsonl`;
  const csv = repositoryPath("examples/route_guide/route.csv");
  const ran = await runBroker([
    ...["stream", csv, server.target, "--method", "RecordRoute", "-o", answers],
  ]);
  assert.equal(ran.exitCode, 0, ran.stderr);
  const { point_count, feature_count, distance } = JSON.parse(await Deno.readTextFile(answers));
  assert.equal(point_count, 8);
  assert.ok(feature_count > 0 && distance > 0);
});

testWithPeers(
  { client: await findTutorialClient() },
  "examples/route_guide answers the client of gRPC's own tutorial in Go, all four kinds",
  async ({ client }) => {
    await using server = await serveExample("route_guide");
    const ran = await runProgram([client.executable, "-addr", server.target]);
    assert.equal(ran.code, 0, ran.stderr);
    const count = (pattern: RegExp) => ran.stderr.match(pattern)?.length;
    assert.equal(count(/ name:"Berkshire Valley" /g), 1, ran.stderr);
    assert.equal(count(/ Feature: name: "/g), PLACES);
    const [, sent, received] =
      /Traversing (\d+) points\..* Route summary: point_count:(\d+) /s.exec(ran.stderr) ?? [];
    assert.ok(sent !== undefined && sent === received, ran.stderr);
    // It leaves two notes at each of three points: the second one meets the first.
    assert.equal(count(/ Got message \w+ message at point/g), 3);
  },
);

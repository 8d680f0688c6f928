// Tests of the handlers in server.ts. This file is yours: change it with them.
import assert from "node:assert/strict";
import test from "node:test";
import type { DataPackageInit } from "./gen/datahub.ts";
import { connect } from "./gen/standalone.ts";
import { collect, received, startServer, streamOf, testCall } from "./gen/testing.ts";
import * as samples from "./samples.ts";
import * as server from "./server.ts";

const packages = (...items: readonly DataPackageInit[]) =>
  streamOf(...items.map((item) => received.DataPackage(item)));

test("SendDataPackages counts what it took and says why it refused the rest", async () => {
  const stream = packages(samples.DataPackage, { TagName: "" }, samples.DataPackage);
  const summary = await server.Ingress.SendDataPackages(stream, testCall());
  assert.deepEqual(summary, { Accepted: "2", Refused: "1", LastError: "TagName is empty" });
});

test("ExchangeDataPackages acknowledges each package under its guid", async () => {
  const stream = packages(samples.DataPackage, { TagName: "", TrackingGuid: "g" });
  const acknowledgements = await collect(server.Ingress.ExchangeDataPackages(stream, testCall()));
  assert.deepEqual(acknowledgements, [
    { IsSuccess: true, LastError: "", TrackingGuid: samples.DataPackage.TrackingGuid },
    { IsSuccess: false, LastError: "TagName is empty", TrackingGuid: "g" },
  ]);
});

test("GetDataPackagesStream says that there is no such tag, and ends", async () => {
  const request = received.RequestGetDataPackage({ TagName: "no", TrackingGuid: "g" });
  const answers = await collect(server.Egress.GetDataPackagesStream(request, testCall()));
  assert.deepEqual(answers, [{
    IsSuccess: false,
    LastError: 'There is no tag "no"',
    TrackingGuid: "g",
    TagName: "no",
    TagValue: "",
  }]);
});

test("a subscriber over a socket gets every value until it cancels", async () => {
  const running = await startServer();
  const connection = connect(running.target);
  try {
    const { Ingress, Egress } = connection.services;
    const send = (TagValue: string) =>
      Ingress.SendDataPackages([{ ...samples.DataPackage, TagValue }]);
    await send("1");
    const cancel = new AbortController();
    const values: string[] = [];
    const watching = Egress.GetDataPackagesStream(samples.RequestGetDataPackage, {
      signal: cancel.signal,
      metadata: { "interval-ms": "3600000" },
    });
    const watch = async () => {
      for await (const { TagValue } of watching) {
        values.push(TagValue);
        if (values.length < 4) await send(String(values.length + 1));
        else cancel.abort();
      }
    };
    await assert.rejects(watch(), { code: 1 });
    assert.deepEqual(values, ["1", "2", "3", "4"]);
  } finally {
    // In this order: on some versions of Deno a grpc-js server may not survive its first client.
    await running.kill();
    connection.close();
  }
});

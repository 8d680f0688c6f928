// Tests of the handlers in server.ts. This file is yours: change it with them.
import assert from "node:assert/strict";
import test from "node:test";
import type { BrokerRequestInit } from "./gen/databroker.ts";
import { connect } from "./gen/standalone.ts";
import { collect, received, startServer, streamOf, testCall } from "./gen/testing.ts";
import * as samples from "./samples.ts";
import * as server from "./server.ts";

const predict = (measurements: readonly BrokerRequestInit[]) => {
  const requests = streamOf(...measurements.map((item) => received.BrokerRequest(item)));
  return collect(server.BrokerService.BidirectionalStreaming(requests, testCall()));
};

test("every measurement is answered under its id, in order", async () => {
  const answers = await predict([{ id: 7 }, { id: 3 }, { id: 7 }]);
  assert.deepEqual(answers.map(({ id }) => id), [7, 3, 7]);
});

test("a reading far from those before it is an anomaly, whichever sensor it comes from", async () => {
  const quiet = Array.from({ length: 40 }, (_, id) => ({
    id,
    sensor1: 20 + id % 2,
    sensor2: 5 + id % 3,
    sensor3: 90 + id % 2,
    sensor4: 1 + id % 5,
  }));
  const far = [
    { ...samples.BrokerRequest, id: 100, sensor1: 60 },
    { ...samples.BrokerRequest, id: 101, sensor4: -60 },
    { ...samples.BrokerRequest, id: 102 },
  ];
  const answers = await predict([...quiet, ...far]);
  const anomalies = answers.filter(({ prediction }) => prediction).map(({ id }) => id);
  assert.deepEqual(anomalies, [100, 101]);
});

test("the server answers a client over a socket", async () => {
  const running = await startServer();
  const connection = connect(running.target);
  try {
    const { BrokerService } = connection.services;
    const answers = await collect(BrokerService.BidirectionalStreaming([samples.BrokerRequest]));
    assert.deepEqual(answers, [{ id: samples.BrokerRequest.id, prediction: false }]);
  } finally {
    // In this order: on some versions of Deno a grpc-js server may not survive its first client.
    await running.kill();
    connection.close();
  }
});

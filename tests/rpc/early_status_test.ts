import { strict as assert } from "node:assert";
import { Status } from "../../rpc/status.ts";
import { data, type Fields, grpcTrailers, headers } from "../support/wire.ts";
import { follow } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";
import { ANSWER, withScriptedServer } from "./support/with_scripted_server.ts";

/** Heads that are not gRPC's, with a status in them and a body to come, and what the call comes to. */
const HEADS: readonly { readonly name: string; readonly head: Fields; readonly code: number }[] = [
  {
    name: "grpc-status 0 without a content-type",
    head: [[":status", "200"], ["grpc-status", "0"]],
    code: Status.UNKNOWN,
  },
  {
    name: "grpc-status 0 with HTTP status 503",
    head: [[":status", "503"], ["content-type", "application/grpc"], ["grpc-status", "0"]],
    code: Status.UNAVAILABLE,
  },
  {
    name: "grpc-status 7 with HTTP status 403",
    head: [[":status", "403"], ["grpc-status", "7"], ["grpc-message", "no"]],
    code: Status.PERMISSION_DENIED,
  },
];

// Found by tests/fuzz: the call was OK, and its answer gone.
for (const { name, head, code } of HEADS) {
  testTimed(
    `${name} before a body that is not read is not OK`,
    () =>
      withScriptedServer(async (channel, accept) => {
        const following = follow(channel, "ServerStream");
        const peer = await accept();
        await peer.expectHeaders(1);
        await peer.send(
          headers(1, head),
          data(1, ANSWER),
          headers(1, grpcTrailers(), { endStream: true }),
        );
        const { status, answers } = await following;
        assert.equal(status.code, code, status.message);
        assert.deepEqual(answers, []);
      }),
  );
}

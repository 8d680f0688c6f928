// Runs scenarios against a server of interop.proto: `node client.mjs <target> <scenario> [--tls DIR | --mutual-tls DIR]`.
//
// The target is host:port or unix:/path, the scenario a name of scenarios.mjs or `all`. Prints one JSON
// line per scenario, and for a mismatch a line on stderr. Exits 1 if a scenario failed, 2 on wrong usage.
import process from "node:process";
import { clientCredentials } from "./credentials.mjs";
import { SCENARIOS } from "./scenarios.mjs";

const [target, scenario] = process.argv.slice(2);
const names = scenario === "all" ? Object.keys(SCENARIOS) : [scenario];
if (target === undefined || SCENARIOS[names[0]] === undefined) {
  console.error(
    `Usage: client.mjs <target> all|${Object.keys(SCENARIOS).join("|")}`,
  );
  process.exit(2);
}

for (const name of names) {
  const clients = [];
  const startedAt = performance.now();
  const report = (result) => {
    const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(3));
    console.log(
      JSON.stringify({ scenario: name, peer: "node", ...result, seconds }),
    );
  };
  try {
    const messages = await SCENARIOS[name]({
      /** A client of its own connection. */
      connect(Service, options = {}) {
        const client = new Service(target, clientCredentials(), {
          "grpc.use_local_subchannel_pool": 1,
          "grpc.enable_http_proxy": 0,
          ...options,
        });
        clients.push(client);
        return client;
      },
    });
    report({ ok: true, messages });
  } catch (error) {
    report({ ok: false, error: error.message });
    console.error(`Scenario "${name}" failed: ${error.message}`);
    process.exitCode = 1;
  } finally {
    for (const client of clients) client.close();
  }
}

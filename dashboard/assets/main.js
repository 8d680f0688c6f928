import { createApi } from "./api.js";
import { ConnectionBar } from "./connection_bar.js";
import { CsvView } from "./csv_view.js";
import { byId, setText } from "./dom.js";
import { formatMs, formatOctets, formatUptime } from "./format.js";
import { LiveFeed } from "./live_feed.js";
import { MessageBook } from "./message_book.js";
import { MethodTable } from "./method_table.js";
import { Rates } from "./rates.js";
import { ServicesView } from "./services_view.js";
import { createTokenView } from "./token_view.js";
import { Tiles } from "./tiles.js";
import { TryView } from "./try_view.js";
import { Views } from "./views.js";
import { WatchPanel } from "./watch_panel.js";

const token = createTokenView(() => feed.retryNow());
const api = createApi(token.read);
const views = new Views();
const rates = new Rates();
const tiles = new Tiles();
const panel = new WatchPanel((path) => feed.watch(path));
const table = new MethodTable(panel);
const tryView = new TryView(api);
const csvView = new CsvView(api);
const servicesView = new ServicesView((path) => {
  tryView.choose(path);
  location.hash = "#try";
});
const bar = new ConnectionBar(() => feed.retryNow());
/** What the server said of itself last, as text: most reconnects change nothing of it. */
let knownServer = "";

const feed = new LiveFeed(api, {
  onState(state) {
    bar.show(state);
    if (state.kind === "needs_token") {
      token.ask();
      views.showNotice("token");
    } else if (state.kind === "refused") {
      setText(byId("error-text"), state.message);
      views.showNotice("error");
    }
  },
  onServer(server) {
    token.accepted(server.tokenNeeded);
    views.showViews({ isReadOnly: server.readOnly });
    const text = JSON.stringify(server);
    if (text === knownServer) return;
    knownServer = text;
    rates.clear();
    showServer(server);
    const book = new MessageBook(server);
    panel.setServer(server, book);
    tryView.setServer(server, book);
    csvView.setServer(server, book);
    servicesView.setServer(server);
  },
  onStats(stats) {
    const current = rates.add(stats);
    tiles.update(stats, current);
    table.update(stats.methods, current);
    setText(byId("server-uptime"), formatUptime(stats.uptimeMs));
    setText(
      byId("server-memory"),
      stats.memory === undefined ? "–" : formatOctets(stats.memory.rssOctets),
    );
    setText(byId("server-lag"), formatMs(stats.eventLoopLagMs));
  },
  onSamples: (samples) => panel.add(samples),
});

byId("error-retry").addEventListener("click", () => feed.retryNow());
feed.start();

/** @param {import("./api.js").Server} server */
function showServer(server) {
  setText(byId("server-name"), server.name);
  setText(byId("server-version"), server.version);
  const extras = [
    ...(server.tls ? ["TLS"] : []),
    ...(server.workers > 1 ? [`${server.workers} workers`] : []),
  ];
  setText(byId("server-address"), [server.address, ...extras].join(" · "));
  byId("read-only").hidden = !server.readOnly;
  document.title = `${server.name} · ${server.address}`;
}

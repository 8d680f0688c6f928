import { createClientLayer } from "./client_layer.ts";
import { createCsvLayer } from "./csv_layer.ts";
import { createEnvelopeLayer } from "./envelope_layer.ts";
import { createFrameLayer } from "./frame_layer.ts";
import { loadFuzzServices } from "./fuzz_services.ts";
import { createHpackLayer } from "./hpack_layer.ts";
import type { FuzzLayer } from "./layer.ts";
import { createProtobufLayer } from "./protobuf_layer.ts";
import { createRowsLayer } from "./rows_layer.ts";
import { createServerLayer } from "./server_layer.ts";
import { createTextLayer } from "./text_layer.ts";

/** All that is fuzzed, and how many of a hundred cases each part gets. */
export async function createLayers(): Promise<FuzzLayer[]> {
  const services = await loadFuzzServices();
  return [
    createServerLayer(services, 26),
    createClientLayer(services, 16),
    createHpackLayer(14),
    createFrameLayer(8),
    createEnvelopeLayer(6),
    createProtobufLayer(services, 12),
    createTextLayer(6),
    createCsvLayer(6),
    await createRowsLayer(6),
  ];
}

// What client.ts sends and server_test.ts tests with. This file is yours: change it as you like.
import type { BrokerRequestInit } from "./gen/databroker.ts";

export const BrokerRequest: BrokerRequestInit = {
  id: 1,
  sensor1: 20.5,
  sensor2: 6,
  sensor3: 90.5,
  sensor4: 3,
};

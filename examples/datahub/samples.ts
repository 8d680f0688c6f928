// What client.ts sends and server_test.ts tests with. This file is yours: change it as you like.
import type { DataPackageInit, RequestGetDataPackageInit } from "./gen/datahub.ts";

export const DataPackage: DataPackageInit = {
  TagName: "boiler/temperature",
  TagValue: "71.4",
  TrackingGuid: "5f0c1c9e-0001",
};

export const RequestGetDataPackage: RequestGetDataPackageInit = {
  TrackingGuid: "5f0c1c9e-0002",
  TagName: "boiler/temperature",
};

export {
  type AnomalyDetector,
  type AnomalyDetectorOptions,
  type BrokerRequest,
  type BrokerResponse,
  createAnomalyDetector,
  databrokerHandlers,
} from "./anomaly_detector.ts";
export { checkAnswers } from "./check_answers.ts";
export { findHandlers, type FoundHandlers, HandlersError } from "./find_handlers.ts";
export {
  createStandardServices,
  type StandardService,
  type StandardServices,
  type StandardServicesOptions,
} from "./standard_services.ts";
export { findInterceptors } from "./find_interceptors.ts";

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

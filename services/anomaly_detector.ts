import { answerEach } from "../rpc/answer_each.ts";

/** A measurement, as `BrokerRequest` of proto/databroker.proto has it. A sensor may be missing or NaN: no reading. */
export interface BrokerRequest {
  readonly id: number;
  readonly sensor1?: number;
  readonly sensor2?: number;
  readonly sensor3?: number;
  readonly sensor4?: number;
}

/** A prediction, as `BrokerResponse` of proto/databroker.proto has it. */
export interface BrokerResponse {
  readonly id: number;
  readonly prediction: boolean;
}

/** Options of `createAnomalyDetector()`. */
export interface AnomalyDetectorOptions {
  /** Readings that a sensor is learnt from before it is judged. Default 30, at least 2. */
  readonly warmUp?: number;
  /** Sample standard deviations from the mean above which a reading is anomalous. Default 4, above 0. */
  readonly threshold?: number;
  /** Readings after which a sensor's older past is forgotten, at the latest after twice as many. Default 10,000. */
  readonly memory?: number;
}

/** The default model. One detector serves one call. */
export interface AnomalyDetector {
  /** True when any sensor of the measurement is anomalous. Learns from it as well. */
  isAnomaly(measurement: BrokerRequest): boolean;
}

const DEFAULTS = {
  warmUp: 30,
  threshold: 4,
  memory: 10_000,
} as const satisfies Required<AnomalyDetectorOptions>;

/**
 * Makes an online anomaly detector: a running mean and variance (Welford) per sensor.
 *
 * - A reading is judged by the readings before it, then learnt. An anomalous one is not learnt, whatever its size.
 * - A sensor without any variance so far makes every other value anomalous.
 * - No distribution has more than one in threshold² of its readings that far off (Chebyshev). So a sensor that keeps
 *   giving more has changed for good, and is learnt anew: at once 30 in a row are enough.
 * - What was learnt is forgotten after `memory` to twice `memory` readings; so nothing, not even an outlier during the
 *   warm-up, spoils the statistics for ever.
 * - NaN and missing readings are skipped. Infinity is anomalous after the warm-up, and never learnt.
 *
 * Until the first anomaly, and for twice `memory` readings, this is plain Welford.
 *
 * @throws RangeError for an option out of range.
 *
 * @example
 * ```ts
 * const detector = createAnomalyDetector();
 * for (let id = 0; id < 30; id++) detector.isAnomaly({ id, sensor1: 20 + id % 2 });
 * assert.equal(detector.isAnomaly({ id: 30, sensor1: 80 }), true);
 * ```
 */
export function createAnomalyDetector(options?: AnomalyDetectorOptions): AnomalyDetector {
  const settings = { ...DEFAULTS, ...options };
  requireOption(
    "warmUp",
    settings.warmUp,
    Number.isInteger(settings.warmUp) && settings.warmUp >= 2,
  );
  requireOption("threshold", settings.threshold, settings.threshold > 0);
  requireOption("memory", settings.memory, settings.memory >= settings.warmUp);
  return new OnlineDetector(settings);
}

function requireOption(name: string, value: number, isValid: boolean): void {
  if (!isValid) throw new RangeError(`Cannot use ${name} ${value}: out of range`);
}

/** The handlers of `bidirectional_databroker.BrokerService`: one prediction per measurement, in order, at once. */
export const databrokerHandlers = {
  BidirectionalStreaming: answerEach<BrokerRequest, BrokerResponse>(() => {
    const detector = createAnomalyDetector();
    return (request) => ({ id: request.id, prediction: detector.isAnomaly(request) });
  }),
};

const SENSORS = 4;

/**
 * Mean and variance of growing sets of readings, one set per sensor (Welford 1962).
 *
 * Numbers live in typed arrays and sensors are passed by index: in fields or as arguments V8 would box every one of
 * them, which costs more than the arithmetic.
 */
class RunningStatistics {
  readonly counts = new Float64Array(SENSORS);
  readonly #means = new Float64Array(SENSORS);
  /** Sums of the squared distances from the mean. */
  readonly #squares = new Float64Array(SENSORS);

  learn(sensor: number, reading: number): void {
    const count = ++this.counts[sensor];
    const distance = reading - this.#means[sensor];
    const mean = this.#means[sensor] + distance / count;
    this.#means[sensor] = mean;
    this.#squares[sensor] += distance * (reading - mean);
  }

  /** True when a reading is more than √thresholdSquared sample standard deviations from the mean. */
  isBeyond(sensor: number, reading: number, thresholdSquared: number): boolean {
    // distance² > threshold² · squares / (count − 1), without the root and the division.
    const distance = reading - this.#means[sensor];
    return distance * distance * (this.counts[sensor] - 1) >
      thresholdSquared * this.#squares[sensor];
  }

  clear(sensor: number): void {
    this.counts[sensor] = this.#means[sensor] = this.#squares[sensor] = 0;
  }

  copyFrom(other: RunningStatistics, sensor: number): void {
    this.counts[sensor] = other.counts[sensor];
    this.#means[sensor] = other.#means[sensor];
    this.#squares[sensor] = other.#squares[sensor];
  }
}

class OnlineDetector implements AnomalyDetector {
  readonly #warmUp: number;
  readonly #memory: number;
  readonly #thresholdSquared: number;
  /** What readings are judged by. */
  readonly #current = new RunningStatistics();
  /** What will replace it: the readings since `current` had learnt `memory` of them. */
  readonly #next = new RunningStatistics();
  /** Rises by threshold² with an anomaly, falls by 1 with any other reading: near 0 up to one in threshold². */
  readonly #strain = new Float64Array(SENSORS);
  /** The measurement at hand; NaN where there is no reading. */
  readonly #readings = new Float64Array(SENSORS);

  constructor(settings: Required<AnomalyDetectorOptions>) {
    this.#warmUp = settings.warmUp;
    this.#memory = settings.memory;
    this.#thresholdSquared = settings.threshold ** 2;
  }

  isAnomaly(measurement: BrokerRequest): boolean {
    const readings = this.#readings;
    readings[0] = measurement.sensor1 ?? NaN;
    readings[1] = measurement.sensor2 ?? NaN;
    readings[2] = measurement.sensor3 ?? NaN;
    readings[3] = measurement.sensor4 ?? NaN;
    let isAnomaly = false;
    for (let sensor = 0; sensor < SENSORS; sensor++) {
      if (this.#judge(sensor)) isAnomaly = true;
    }
    return isAnomaly;
  }

  /** Judges one reading, and learns it unless it is anomalous. */
  #judge(sensor: number): boolean {
    const reading = this.#readings[sensor];
    const isWarm = this.#current.counts[sensor] >= this.#warmUp;
    if (!Number.isFinite(reading)) return isWarm && !Number.isNaN(reading);
    if (isWarm && this.#current.isBeyond(sensor, reading, this.#thresholdSquared)) {
      this.#strain[sensor] += this.#thresholdSquared;
      if (this.#strain[sensor] >= this.#thresholdSquared * this.#warmUp) this.#startOver(sensor);
      return true;
    }
    if (this.#strain[sensor] > 0) this.#strain[sensor]--;
    this.#current.learn(sensor, reading);
    if (this.#current.counts[sensor] > this.#memory) this.#forget(sensor, reading);
    return false;
  }

  /** Takes a reading into what comes next, and puts that in place once it has `memory` readings. */
  #forget(sensor: number, reading: number): void {
    this.#next.learn(sensor, reading);
    if (this.#next.counts[sensor] < this.#memory) return;
    this.#current.copyFrom(this.#next, sensor);
    this.#next.clear(sensor);
  }

  #startOver(sensor: number): void {
    this.#current.clear(sensor);
    this.#next.clear(sensor);
    this.#strain[sensor] = 0;
  }
}

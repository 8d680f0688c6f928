import type { BrokerRequest } from "./gen/databroker.ts";

/** Readings of a sensor before it is judged. */
const WARM_UP_READINGS = 30;
/** Standard deviations from the mean above which a reading is an anomaly. */
const THRESHOLD_DEVIATIONS = 4;

/** Mean and variance of the readings so far (Welford 1962). */
class Statistics {
  #count = 0;
  #mean = 0;
  #squares = 0;

  /** True for a reading far from those before it, which are learnt from; one that is far off is not. */
  isFarOff(reading: number): boolean {
    const distance = reading - this.#mean;
    const variance = this.#squares / (this.#count - 1);
    const isFar = this.#count >= WARM_UP_READINGS &&
      distance ** 2 > THRESHOLD_DEVIATIONS ** 2 * variance;
    if (!isFar) this.#learn(reading, distance);
    return isFar;
  }

  #learn(reading: number, distance: number): void {
    this.#count++;
    this.#mean += distance / this.#count;
    this.#squares += distance * (reading - this.#mean);
  }
}

/** The model: put your own in its place. One for each call, so that streams do not disturb each other. */
export function createModel(): (measurement: BrokerRequest) => boolean {
  const sensors = [new Statistics(), new Statistics(), new Statistics(), new Statistics()];
  return ({ sensor1, sensor2, sensor3, sensor4 }) => {
    const farOff = [sensor1, sensor2, sensor3, sensor4].filter((reading, index) =>
      sensors[index].isFarOff(reading)
    );
    return farOff.length > 0;
  };
}

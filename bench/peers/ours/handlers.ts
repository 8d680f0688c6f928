import { answerEach } from "../../../mod.ts";

/** The databroker as the peers have it: says whether the id is even. */
interface Measurement {
  readonly id: number;
}

export const BidirectionalStreaming = answerEach(() => ({ id }: Measurement) => ({
  id,
  prediction: id % 2 === 0,
}));

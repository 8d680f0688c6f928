import type { DataPackage } from "./gen/datahub.ts";
import { Subscription } from "./subscription.ts";

/** Limits of a hub; what clients can make it hold is bounded by them. */
const LIMITS = {
  /** Tags; a new one above it is refused. */
  maxTags: 100_000,
  /** Characters of a tag's name, and of a value. */
  maxTagName: 200,
  maxTagValue: 4096,
  maxTrackingGuid: 200,
} as const;

/** What is known of a tag. */
interface Tag {
  latest: DataPackage;
  readonly subscriptions: Set<Subscription>;
}

/** The latest value of each tag, and who watches it. */
export class Hub {
  readonly #tags = new Map<string, Tag>();

  /** Takes a package in and hands it to all who watch its tag; returns why not, if it is refused. */
  publish(data: DataPackage): string | undefined {
    const refusal = this.#refuse(data);
    if (refusal !== undefined) return refusal;
    const tag = this.#tags.get(data.TagName);
    if (tag === undefined) {
      this.#tags.set(data.TagName, { latest: data, subscriptions: new Set() });
      return undefined;
    }
    tag.latest = data;
    for (const subscription of tag.subscriptions) subscription.push(data);
    return undefined;
  }

  /** Watches a tag, beginning with its latest value; undefined if there is no such tag. */
  subscribe(tagName: string): Subscription | undefined {
    const tag = this.#tags.get(tagName);
    if (tag === undefined) return undefined;
    const subscription = new Subscription(tag.latest, () => {
      tag.subscriptions.delete(subscription);
    });
    tag.subscriptions.add(subscription);
    return subscription;
  }

  /** How many watch a tag. */
  countSubscriptions(tagName: string): number {
    return this.#tags.get(tagName)?.subscriptions.size ?? 0;
  }

  #refuse({ TagName, TagValue, TrackingGuid }: DataPackage): string | undefined {
    const { maxTags, maxTagName, maxTagValue, maxTrackingGuid } = LIMITS;
    if (TagName === "") return "TagName is empty";
    const tooLong = [
      ["TagName", TagName, maxTagName] as const,
      ["TagValue", TagValue, maxTagValue] as const,
      ["TrackingGuid", TrackingGuid, maxTrackingGuid] as const,
    ].find(([, text, maximum]) => text.length > maximum);
    if (tooLong !== undefined) {
      const [field, text, maximum] = tooLong;
      return `${field} has ${text.length} characters, and may have ${maximum}`;
    }
    if (this.#tags.size >= maxTags && !this.#tags.has(TagName)) {
      return `There are ${maxTags} tags, and no room for another`;
    }
    return undefined;
  }
}

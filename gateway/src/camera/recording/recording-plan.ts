/** A channel that is to be recorded. */
export interface PlannedChannel {
  readonly id: string;
  /** What its stream sends, in kilobits (1,000 bits) a second, pictures only. */
  readonly kbitPerSecond: number;
  /** How long its recording is to be kept. */
  readonly days: number;
}

/** What the disk holds of a channel. */
export interface PlannedShare extends PlannedChannel {
  readonly bytesPerDay: number;
  readonly wantedBytes: number;
  /** Days that it will reach, when space is shared as it is asked for. */
  readonly reachedDays: number;
}

/** What a disk can hold. */
export interface RecordingPlan {
  readonly channels: readonly PlannedShare[];
  readonly usableBytes: number;
  readonly wantedBytes: number;
  readonly fits: boolean;
  /** Bytes a second that are written all day long: what a memory card must bear. */
  readonly bytesPerSecond: number;
  /** Times that the whole usable space is written over in a year. */
  readonly rewritesPerYear: number;
}

/** Boxes, beginnings and the index come on top of the pictures: measured below 2 % at 600 kbit/s, less above. */
const overhead = 1.03;
const secondsPerDay = 86_400;

/** 1 Mbit/s is 10.8 GB a day: 4 Mbit/s = 43 GB, 600 kbit/s = 6.5 GB. */
const bytesPerDay = (kbitPerSecond: number): number => Math.ceil((kbitPerSecond * 1000 * secondsPerDay * overhead) / 8);

/**
 * Says before anything is installed what a disk can hold: how many days each channel reaches when the space does not do for
 * all, shared in proportion to what each one wants.
 */
export const planRecording = (channels: readonly PlannedChannel[], usableBytes: number): RecordingPlan => {
  const wanted = channels.map((channel) => {
    const daily = bytesPerDay(channel.kbitPerSecond);
    return { ...channel, bytesPerDay: daily, wantedBytes: Math.ceil(daily * channel.days) };
  });
  const wantedBytes = wanted.reduce((sum, channel) => sum + channel.wantedBytes, 0);
  const dailyBytes = wanted.reduce((sum, channel) => sum + channel.bytesPerDay, 0);
  const share = wantedBytes === 0 ? 1 : Math.min(1, usableBytes / wantedBytes);
  return {
    channels: wanted.map((channel) => ({ ...channel, reachedDays: Math.floor(channel.days * share * 10) / 10 })),
    usableBytes,
    wantedBytes,
    fits: wantedBytes <= usableBytes,
    bytesPerSecond: Math.ceil(dailyBytes / secondsPerDay),
    rewritesPerYear: usableBytes === 0 ? 0 : Math.round((dailyBytes * 3650) / usableBytes) / 10,
  };
};

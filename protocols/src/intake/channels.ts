import {
  heartbeatMessageSchema,
  scaleEventMessageSchema,
  testMessageSchema,
  weighingMessageSchema,
} from "./other-messages.ts";
import { saleMessageSchema } from "./sale-message.ts";

/** What a device can say: the last part of the HTTP path and of the MQTT topic, and the schema of the body. */
export const intakeChannels = {
  sales: saleMessageSchema,
  weighings: weighingMessageSchema,
  events: scaleEventMessageSchema,
  tests: testMessageSchema,
  heartbeats: heartbeatMessageSchema,
} as const;

/** Name of a channel. */
export type IntakeChannel = keyof typeof intakeChannels;

/** The channel of a name that somebody gave. */
export const intakeChannelOf = (name: string): IntakeChannel | undefined =>
  Object.hasOwn(intakeChannels, name) ? (name as IntakeChannel) : undefined;

/** Path of a channel over HTTP: `/intake/v1/sales`. */
export const intakePath = (channel: IntakeChannel): string => `/intake/v1/${channel}`;

/** Topics of one device over MQTT. */
export const intakeTopics = {
  publish: (device: string, channel: IntakeChannel): string => `intake/v1/${device}/${channel}`,
  /** Where the gateway answers every message of the device. */
  answers: (device: string): string => `intake/v1/${device}/answers`,
};

/** The device's own channel that a topic names; undefined for any other topic. */
export const intakeChannelOfTopic = (device: string, topic: string): IntakeChannel | undefined => {
  const own = `intake/v1/${device}/`;
  return topic.startsWith(own) ? intakeChannelOf(topic.slice(own.length)) : undefined;
};

import { type ParsedTopic, parseTopic, uplinkChannels } from "@mingcheng/protocols";

/** A connected gateway. The client id names the running line: `<gw>-<eid>`. */
export interface ConnectedGateway {
  readonly gw: string;
  readonly eid: string;
}

/** Reads a client id; undefined when it is not of the form `<gw>-<eid>`. */
export const readClientId = (clientId: string): ConnectedGateway | undefined => {
  const [, gw, eid] = /^(.+)-([0-9a-f]{32})$/.exec(clientId) ?? [];
  return gw === undefined || eid === undefined ? undefined : { gw, eid };
};

/** What a gateway may publish: its own records, the running line's state, statements, answers and live values. Undefined: refused. */
export const publishable = (gateway: ConnectedGateway, topic: string): ParsedTopic | undefined => {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.gw !== gateway.gw || !uplinkChannels.includes(parsed.channel)) return undefined;
  if (parsed.channel === "state" && parsed.eid !== gateway.eid) return undefined;
  return parsed;
};

/** Whether a gateway may subscribe: to anything below its own subtree, to nothing else. */
export const subscribable = (gateway: ConnectedGateway, filter: string): boolean => {
  const own = `mc/v1/${gateway.gw}/`;
  return filter.startsWith(own) && filter.length > own.length;
};

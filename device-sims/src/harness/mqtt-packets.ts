/** First four bits of a PUBLISH (MQTT 3.1.1 §3.3). */
export const publishType = 3;

/** A whole packet of a stream. */
export interface MqttPacket {
  readonly bytes: Buffer;
  /** Of a PUBLISH; otherwise null, and the payload empty. */
  readonly topic: string | null;
  readonly payload: Buffer;
}

/** Cuts whole MQTT packets off a stream (MQTT 3.1.1 §2.2). */
export const createPacketCutter = (): ((bytes: Buffer) => MqttPacket[]) => {
  let rest = Buffer.alloc(0);
  const next = (): MqttPacket | undefined => {
    let [length, at, shift] = [0, 1, 0];
    for (;;) {
      const byte = rest[at];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) << shift;
      shift += 7;
      at++;
      if ((byte & 0x80) === 0) break;
    }
    if (rest.length < at + length) return undefined;
    const bytes = rest.subarray(0, at + length);
    rest = rest.subarray(at + length);
    const first = bytes[0] ?? 0;
    if (first >> 4 !== publishType) return { bytes, topic: null, payload: Buffer.alloc(0) };
    const topicEnd = at + 2 + bytes.readUInt16BE(at);
    const hasId = ((first >> 1) & 3) > 0;
    return {
      bytes,
      topic: bytes.subarray(at + 2, topicEnd).toString("utf8"),
      payload: bytes.subarray(topicEnd + (hasId ? 2 : 0)),
    };
  };
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const packets: MqttPacket[] = [];
    for (let packet = next(); packet !== undefined; packet = next()) packets.push(packet);
    return packets;
  };
};

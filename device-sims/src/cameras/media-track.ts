import { createSocket, type Socket as UdpSocket } from "node:dgram";
import type { Socket } from "node:net";

/** Where packets of one track go. */
export interface TrackSink {
  /** Answer to the client's `Transport`. */
  readonly transport: string;
  send(packet: Uint8Array): void;
  sendControl(packet: Uint8Array): void;
  close(): void;
}

/** What waits for a client that does not read is bounded: a camera throws away what it cannot send. */
const mostWaitingBytes = 4 * 1024 * 1024;

const interleaved = (socket: Socket, channel: number): TrackSink => {
  const write = (at: number, packet: Uint8Array): void => {
    if (socket.destroyed || socket.writableLength > mostWaitingBytes) return;
    const head = Buffer.from([0x24, at, packet.length >> 8, packet.length & 255]);
    socket.write(Buffer.concat([head, packet]));
  };
  return {
    transport: `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`,
    send: (packet) => write(channel, packet),
    sendControl: (packet) => write(channel + 1, packet),
    close: () => undefined,
  };
};

const bound = (): Promise<UdpSocket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind(0, () => {
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });

const datagrams = async (address: string, rtpPort: number): Promise<TrackSink> => {
  const [rtp, rtcp] = await Promise.all([bound(), bound()]);
  return {
    transport: `RTP/AVP;unicast;client_port=${rtpPort}-${rtpPort + 1};server_port=${rtp.address().port}-${rtcp.address().port}`,
    send: (packet) => rtp.send(packet, rtpPort, address),
    sendControl: (packet) => rtcp.send(packet, rtpPort + 1, address),
    close: () => {
      rtp.close();
      rtcp.close();
    },
  };
};

/** Opens what the client's `Transport` asks for (RFC 2326 §12.39); undefined when it is neither TCP nor UDP unicast. */
export const openTrack = async (socket: Socket, transport: string): Promise<TrackSink | undefined> => {
  const [, channel] = /interleaved=(\d+)/.exec(transport) ?? [];
  if (transport.startsWith("RTP/AVP/TCP")) return interleaved(socket, Number(channel ?? 0));
  const [, port] = /client_port=(\d+)/.exec(transport) ?? [];
  const address = (socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, "");
  return port === undefined ? undefined : datagrams(address, Number(port));
};

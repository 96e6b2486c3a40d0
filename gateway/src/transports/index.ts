export type { ByteStream, SerialSettings } from "./byte-stream.ts";
export { createMemoryLine, type MemoryEnd } from "./memory.ts";
export { openTransport, parseTransportAddress, type TransportAddress } from "./open-transport.ts";
export { openSerial } from "./serial.ts";
export { openTcp, parseTcpAddress, type TcpAddress } from "./tcp.ts";

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One delivery that the hook took. */
export interface Delivered {
  readonly id: string;
  readonly attempt: number;
  readonly alert: string;
  readonly status: string;
}

/** A duty room's webhook that keeps what it got. */
export interface RecordingHook {
  readonly url: string;
  readonly got: readonly Delivered[];
  close(): Promise<void>;
}

/** Starts one on loopback. */
export const startRecordingHook = async (): Promise<RecordingHook> => {
  const got: Delivered[] = [];
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as { status: string; alert: { id: string } };
      const { "webhook-id": id, "mingcheng-attempt": attempt } = request.headers;
      got.push({ id: String(id), attempt: Number(attempt), alert: body.alert.id, status: body.status });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    got,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

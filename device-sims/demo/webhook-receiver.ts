import { createServer } from "node:http";
import type { Delivery } from "./checks.ts";

/** Somebody else's system that is told about alerts. */
export interface WebhookReceiver {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  close(): Promise<void>;
}

const maxBodyChars = 64 * 1024;

/** A specimen named anywhere in the message: the receiver knows nothing of how the centre builds it. */
const specimenIn = (text: string, specimens: readonly string[]): string | undefined =>
  specimens.find((specimen) => text.includes(specimen));

/** Listens on loopback and counts every call that names one of `specimens`. */
export const openWebhookReceiver = async (specimens: readonly string[]): Promise<WebhookReceiver> => {
  const deliveries: Delivery[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      text += piece;
      if (text.length > maxBodyChars) request.destroy();
    });
    request.on("end", () => {
      const specimen = specimenIn(text, specimens);
      const status = /"(?:status|state)"\s*:\s*"resolved"/.test(text) ? "resolved" : "firing";
      if (specimen !== undefined) deliveries.push({ specimen, status, atMs: Date.now() });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/alerts`,
    deliveries,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

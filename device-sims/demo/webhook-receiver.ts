import { createServer } from "node:http";
import type { Delivery } from "./checks.ts";

/** Somebody else's system that is told about alerts. */
export interface WebhookReceiver {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  close(): Promise<void>;
}

const maxBodyChars = 64 * 1024;

/** Listens on loopback and counts every call in whose text `specimen` finds a name: it knows nothing of the message's form. */
export const openWebhookReceiver = async (specimen: RegExp): Promise<WebhookReceiver> => {
  const deliveries: Delivery[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      text += piece;
      if (text.length > maxBodyChars) request.destroy();
    });
    request.on("end", () => {
      const name = specimen.exec(text)?.[0];
      const status = /"(?:status|state)"\s*:\s*"resolved"/.test(text) ? "resolved" : "firing";
      if (name !== undefined) deliveries.push({ specimen: name, status, atMs: Date.now() });
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

import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { enrolRoutes } from "../enrol/enrol-routes.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { openRegister } from "../register/register-database.ts";
import type { Web, WebOptions } from "./web.ts";

/** Starts HTTPS with the routes of enrolment. */
export const openWeb = async (options: WebOptions): Promise<Web> => {
  const { dataDirectory, config, tls, card, log } = options;
  const database = openRegister(dataDirectory);
  const app = Fastify({ https: tls, logger: false });
  enrolRoutes(app as never, {
    register: new GatewayRegister(database),
    card,
    nowMs: () => Date.now(),
    onAttempt: (attempt) => log.info(attempt, "enrolment"),
  });
  await app.listen({ host: config.https.host, port: config.https.port });
  const port = (app.addresses()[0] as AddressInfo).port;
  return {
    port,
    firstLogin: null,
    live: () => undefined,
    fault: () => null,
    figures: () => [],
    close: async () => {
      await app.close();
      database.close();
    },
  };
};

import { enrolGateway } from "../enrol/enrol-gateway.ts";

/** Options of `mingcheng-gateway enrol`. */
export interface EnrolCommandOptions {
  /** As printed by `mingcheng-cloud gateway add`. */
  readonly code: string;
  /** The gateway's data directory, made when missing. */
  readonly data: string;
  /** A new key, or another centre, for a gateway that is enrolled already. */
  readonly replace?: boolean | undefined;
}

/** Where the command writes. */
export interface EnrolIo {
  /** Writes one line, without its line feed. */
  writeLine(line: string): Promise<void>;
}

/**
 * Enrols this gateway and says so, in both languages. Prints no secret.
 * @throws {MingchengError} see {@link enrolGateway}
 */
export const runEnrol = async (options: EnrolCommandOptions, io: EnrolIo): Promise<void> => {
  const { code, data, replace = false } = options;
  const { gw, site, centreName, mqtt, signer } = await enrolGateway({ code, dataDirectory: data, replace });
  const centre = `${centreName} (mqtts://${mqtt.host}:${mqtt.port})`;
  await io.writeLine(`已登记：网关 ${gw}，站点 ${site}，中心 ${centre}，密钥 ${signer.kid}`);
  await io.writeLine(`Enrolled: gateway ${gw}, site ${site}, centre ${centre}, key ${signer.kid}`);
  await io.writeLine("下一步：mingcheng-gateway check --config gateway.yaml，然后启动（已在运行则重新启动）");
  await io.writeLine(
    "Next: mingcheng-gateway check --config gateway.yaml, then start it (restart it if it runs already)",
  );
};

import { basename } from "node:path";
import { parse } from "yaml";
import {
  type ComposeFile,
  type ComposeService,
  mountsOf,
  readCompose,
  variablesIn,
  withDefaults,
} from "./compose-file.ts";
import { foreignImages, imageName, readDockerfile } from "./images.ts";
import { commandsIn, unknownInCommand } from "./programs.ts";

/** The repository as the compose file sees it; a test may put something else in its place. */
export interface Tree {
  exists(path: string): boolean;
  read(path: string): string;
}

const isOurs = (image: string): boolean => image.startsWith("mingcheng/");
const secretPath = (name: string): string => `/run/secrets/${name}`;
/** Of the host, mounted for devices. */
const hostPaths = new Set(["/dev", "/run/udev"]);

interface Context {
  readonly name: string;
  readonly service: ComposeService;
  readonly compose: ComposeFile;
  readonly tree: Tree;
}

const dockerfileOf = ({ service, compose }: Context): string | undefined =>
  service.build?.dockerfile ??
  Object.values(compose.services).find(({ image, build }) => build !== undefined && image === service.image)?.build
    ?.dockerfile;

/** Files of this repository that are mounted, by where they appear. */
const filesOf = ({ service, tree }: Context) =>
  mountsOf(service)
    .filter(({ source }) => source.startsWith("./") && /\.\w+$/.test(source) && tree.exists(source))
    .map(({ source, target }) => ({ target, text: tree.read(source) }));

/** Everything that a service is told in words: arguments, variables, its image's own, scripts and files mounted into it. */
const saidOf = (context: Context): string => {
  const { service, tree } = context;
  const dockerfile = dockerfileOf(context);
  const own = dockerfile !== undefined && tree.exists(dockerfile) ? readDockerfile(tree.read(dockerfile)) : undefined;
  return [
    ...(service.entrypoint ?? own?.entrypoint ?? []),
    ...(service.command ?? own?.command ?? []),
    ...Object.values(service.environment),
    ...filesOf(context).map(({ text }) => text.replaceAll(/^\s*#.*$/gm, "")),
    ...(own?.directories ?? []),
  ].join("\n");
};

const imageFindings = ({ service, tree }: Context): string[] => {
  const { image = "", build } = service;
  const { version } = JSON.parse(tree.read("package.json")) as { version: string };
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? "";
  const found: string[] = [];
  if (!/\d+\.\d+\.\d+/.test(tag)) found.push(`image ${image} is not pinned`);
  if (isOurs(image) && tag !== version) found.push(`image ${image} is not of version ${version}`);
  if (!isOurs(image) && foreignImages[imageName(image)] === undefined) found.push(`image ${image} is not known`);
  if (build === undefined) return found;
  if (!tree.exists(build.dockerfile)) return [...found, `${build.dockerfile} is not there`];
  const { user, bases } = readDockerfile(tree.read(build.dockerfile));
  if (user === "root") found.push(`${build.dockerfile} runs as root`);
  return [...found, ...bases.filter((base) => !/:\d+\.\d+\.\d+/.test(base)).map((base) => `${base} is not pinned`)];
};

const commandFindings = (context: Context): string[] => {
  const { service, tree } = context;
  const dockerfile = dockerfileOf(context);
  if (dockerfile === undefined || !tree.exists(dockerfile)) return [];
  const own = readDockerfile(tree.read(dockerfile));
  const scripts = filesOf(context).filter(({ target }) => !/\.ya?ml$/.test(target));
  const entrypoint = service.entrypoint ?? own.entrypoint;
  const isScript = entrypoint[0] === "sh";
  if (isScript && !scripts.some(({ target }) => target === entrypoint[1])) return [`no script ${entrypoint[1] ?? ""}`];
  const lines = isScript
    ? scripts.flatMap(({ text }) => commandsIn(text))
    : [[...entrypoint, ...(service.command ?? own.command)]];
  return lines.flatMap(unknownInCommand);
};

const variableFindings = ({ service, tree }: Context): string[] => {
  const foreign = foreignImages[imageName(service.image ?? "")];
  const files = mountsOf(service).filter(({ source }) => source.startsWith("./") && tree.exists(source));
  const readByMounted = (name: string) => files.some(({ source }) => tree.read(source).includes(`\${${name}}`));
  return Object.entries(service.environment).flatMap(([name, value]) => {
    const found = foreign?.variables.has(name) || readByMounted(name) ? [] : [`nobody reads ${name}`];
    if (/PASSWORD|TOKEN|SECRET/.test(name) && !service.secrets.some((secret) => value === secretPath(secret))) {
      found.push(`${name} is not a secret of the service`);
    }
    return found;
  });
};

/** Directories that the image makes are there without a mount. */
const isDirectoryOf = (context: Context, path: string): boolean => {
  const dockerfile = dockerfileOf(context);
  return (
    dockerfile !== undefined &&
    readDockerfile(context.tree.read(dockerfile)).directories.some((one) => path === one || path.startsWith(`${one}/`))
  );
};

/** The text of folders that are mounted whole (Grafana's provisioning). */
const mountedFolders = ({ service, tree }: Context): string =>
  mountsOf(service)
    .filter(({ source }) => source.startsWith("./") && !/\.\w+$/.test(source) && tree.exists(source))
    .map(({ source }) => tree.read(source))
    .join("\n");

const mountFindings = (context: Context): string[] => {
  const { service, compose, tree } = context;
  const said = saidOf(context);
  const places = foreignImages[imageName(service.image ?? "")]?.places ?? [];
  const folders = mountedFolders(context);
  const isNamed = (target: string) =>
    `${said}\n${folders}`.includes(target) || places.some((place) => target.startsWith(place));
  const found = mountsOf(service).flatMap(({ source, target }) => {
    if (hostPaths.has(source)) return [];
    const isVariable = service.volumes.some((entry) => entry.startsWith("${") && entry.includes(`:${target}`));
    const isThere = source.startsWith("./") ? isVariable || tree.exists(source) : source in compose.volumes;
    return [...(isThere ? [] : [`${source} is not there`]), ...(isNamed(target) ? [] : [`nobody looks at ${target}`])];
  });
  const given = [...mountsOf(service).map(({ target }) => target), ...service.secrets.map(secretPath)];
  const asked = [
    ...`${said}\n${folders}`.matchAll(/(?:^|[\s="'{[,])(\/(?:etc|run|data|backup|enrolment|usr\/local)[\w./-]*[\w])/gm),
  ].map(([, path = ""]) => path);
  const lacking = asked.filter(
    (path) => !given.some((one) => path === one || path.startsWith(`${one}/`) || one.startsWith(`${path}/`)),
  );
  const inFolders = asked.flatMap((path) =>
    mountsOf(service)
      .filter(({ source, target }) => source.startsWith("./") && path.startsWith(`${target}/`))
      .filter(({ source, target }) => !tree.exists(`${source}${path.slice(target.length)}`))
      .map(({ source }) => `${path} is not in ${source}`),
  );
  const unasked = service.secrets.filter(
    (secret) => !said.includes(secretPath(secret)) && !folders.includes(secretPath(secret)),
  );
  const made = isOurs(service.image ?? "") ? [] : places;
  return [
    ...found,
    ...inFolders,
    ...lacking
      .filter((path) => !made.some((place) => path.startsWith(place)) && !isDirectoryOf(context, path))
      .map((path) => `${path} is not mounted`),
    ...unasked.map((secret) => `nobody reads the secret ${secret}`),
    ...service.secrets.filter((secret) => !(secret in compose.secrets)).map((secret) => `no secret ${secret}`),
  ];
};

const healthFindings = ({ service, tree }: Context): string[] => {
  if (service.restart === "no") return [];
  const test = service.healthcheck?.test.join(" ") ?? "";
  if (test === "") return ["no health check"];
  const port = /127\.0\.0\.1[:/](\d+)/.exec(test)?.[1];
  const path = /GET (\/\w+)/.exec(test)?.[1];
  const image = imageName(service.image ?? "");
  const example = { "mingcheng/cloud": "cloud", "mingcheng/gateway": "gateway" }[image];
  if (example === undefined) {
    const foreign = foreignImages[image];
    return foreign === undefined || port === undefined || port === foreign.port.toString()
      ? []
      : [`health check at port ${port}`];
  }
  const { health } = parse(tree.read(`docs/examples/${example}.yaml`)) as { health: { port: number } };
  const server = tree.read(`${example}/src/health/${example === "cloud" ? "health-server" : "state-routes"}.ts`);
  return [
    ...(port === health.port.toString() ? [] : [`health check at port ${port ?? "?"}`]),
    ...(path !== undefined && server.includes(`"${path}"`) ? [] : [`health check at ${path ?? "?"}`]),
  ];
};

const hostFindings = (context: Context): string[] => {
  const { service, compose } = context;
  const networksOf = ({ networks = ["default"] }: ComposeService) => networks;
  const hosts = [...saidOf(context).matchAll(/\b(?:https?|tcp):\/\/([a-z][\w-]*)(?::\d+)?/g)].map(
    ([, host = ""]) => host,
  );
  return hosts.flatMap((host) => {
    const other = compose.services[host];
    if (other === undefined) return [`no service ${host}`];
    return networksOf(other).some((network) => networksOf(service).includes(network))
      ? []
      : [`${host} is in no common network`];
  });
};

const portFindings = ({ name, service, tree }: Context): string[] => {
  const ports = service.ports.map((entry) => entry.split(":").at(-1) ?? "");
  if (name !== "cloud") {
    const { port = 0 } = foreignImages[imageName(service.image ?? "")] ?? {};
    return ports.filter((one) => one !== port.toString()).map((one) => `nobody listens at ${one}`);
  }
  const defaults = parse(tree.read("docs/examples/cloud.yaml")) as Record<string, { port?: number } | null>;
  const own = parse(tree.read("cloud/compose/cloud.yaml")) as typeof defaults;
  const listening = ["mqtts", "https", "media"].map((part) => (own[part] ?? defaults[part])?.port?.toString() ?? "");
  const exposed = readDockerfile(tree.read("cloud/Dockerfile")).ports;
  return [
    ...ports.filter((port) => !listening.includes(port)).map((port) => `nobody listens at ${port}`),
    ...listening.filter((port) => !ports.includes(port)).map((port) => `${port} is not published`),
    ...exposed.filter((port) => !listening.includes(port)).map((port) => `the image exposes ${port}`),
  ];
};

const dependencyFindings = ({ service, compose }: Context): string[] => [
  ...Object.entries(service.depends_on).flatMap(([other, { condition }]) => {
    const on = compose.services[other];
    if (on === undefined) return [`depends on ${other}, which is not there`];
    return condition === "service_healthy" && on.healthcheck === undefined ? [`${other} has no health check`] : [];
  }),
  ...(service.networks ?? [])
    .filter((network) => !(network in compose.networks))
    .map((network) => `no network ${network}`),
];

const checks = [
  imageFindings,
  commandFindings,
  variableFindings,
  mountFindings,
  healthFindings,
  hostFindings,
  portFindings,
  dependencyFindings,
];

/** Whatever the file names and nobody has: each finding begins with the service. Empty: all of it exists. */
export const composeFindings = (text: string, tree: Tree): string[] => {
  const compose = readCompose(text);
  const services = Object.entries(compose.services);
  const used = services.flatMap(([, service]) => mountsOf(service).map(({ source }) => source));
  const example = tree.read(".env.example");
  const documented = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name = ""]) => name);
  const variables = variablesIn(text).map(({ name }) => name);
  const made = [...tree.read("cloud/compose/make-secrets.sh").matchAll(/^make (\S+) /gm)].map(([, name = ""]) => name);
  const secrets = Object.entries(compose.secrets);
  return [
    ...services.flatMap(([name, service]) =>
      checks.flatMap((check) => check({ name, service, compose, tree }).map((found) => `${name}: ${found}`)),
    ),
    ...Object.keys(compose.volumes)
      .filter((volume) => !used.includes(volume))
      .map((volume) => `nobody uses the volume ${volume}`),
    ...variables.filter((name) => !documented.includes(name)).map((name) => `${name} is not in .env.example`),
    ...documented
      .filter((name) => !variables.includes(name))
      .map((name) => `.env.example names ${name}, which nobody reads`),
    ...secrets
      .filter(([name, { file }]) => basename(file) !== name || !made.includes(name))
      .map(([name]) => `nobody makes the secret ${name}`),
    ...made.filter((name) => !(name in compose.secrets)).map((name) => `the secret ${name} is made for nobody`),
    ...secrets
      .filter(([name]) => !services.some(([, service]) => service.secrets.includes(name)))
      .map(([name]) => `nobody has the secret ${name}`),
    ...(withDefaults(text).includes("${") ? ["a variable cannot be read"] : []),
  ];
};

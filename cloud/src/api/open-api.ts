import { apiErrorSchema } from "@mingcheng/protocols/api";
import { z } from "zod";
import type { ApiRoute } from "./api-route.ts";

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly required: boolean;
  readonly schema: unknown;
}

type JsonSchema = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType, io: "input" | "output"): JsonSchema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
};

const parametersOf = (schema: z.ZodType | undefined, place: Parameter["in"]): Parameter[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    ...{ name, in: place, required: required.includes(name) || place === "path", schema: property },
  }));
};

const contentOf = ({ answer }: ApiRoute) => {
  if (answer === "event-stream") return { "text/event-stream": { schema: { type: "string" } } };
  if (answer === "file") return { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
  return { "application/json": { schema: schemaOf(answer, "output") } };
};

const accessText = ({ access, scope }: ApiRoute): string =>
  `${typeof access === "string" ? access : `roles: ${access.join(", ")}`}; scope: ${scope}`;

const requestBodyOf = ({ body, upload }: ApiRoute): object => {
  if (upload !== undefined) {
    const schema = { type: "string", format: "binary", maxLength: upload.maxBytes };
    return {
      requestBody: { required: true, content: Object.fromEntries(upload.types.map((type) => [type, { schema }])) },
    };
  }
  if (body === undefined) return {};
  return { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } } };
};

const operationOf = (route: ApiRoute) => {
  const parameters = [...parametersOf(route.params, "path"), ...parametersOf(route.query, "query")];
  return {
    summary: `${route.summary.zh} / ${route.summary.en}`,
    description: accessText(route),
    ...(route.access === "public" ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBodyOf(route),
    responses: {
      200: { description: "OK", content: contentOf(route) },
      default: {
        description: "What went wrong, and what to do",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
};

/** Describes routes as an OpenAPI 3.1 document, from the schemas that check them. */
export const openApiDocument = (routes: readonly ApiRoute[], version: string): object => {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Mingcheng centre 明秤中心", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    security: [{ session: [] }],
    paths,
    components: {
      securitySchemes: { session: { type: "apiKey", in: "cookie", name: "__Host-mingcheng" } },
      schemas: { Error: schemaOf(apiErrorSchema, "output") },
    },
  };
};

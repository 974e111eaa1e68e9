import type { JsonSchema } from "../../../src/config/json-schema.ts";

/** What a validator says of `value`, for the words of JSON Schema that ours are made of; it fails on any other. */
export function problemsOf(
  value: unknown,
  schema: JsonSchema,
  root: JsonSchema = schema,
  at = "$",
): string[] {
  for (const word of Object.keys(schema)) {
    if (!(word in RULES) && !ANNOTATIONS.has(word)) throw new Error(`${at}: the schema says ${word}`);
  }
  return Object.entries(RULES).flatMap(([word, rule]) =>
    schema[word] === undefined ? [] : rule({ value, schema, root, at, said: schema[word] }),
  );
}

type Place = {
  readonly value: unknown;
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly at: string;
  readonly said: unknown;
};

const ANNOTATIONS = new Set(["$schema", "$defs", "description"]);

const RULES: Readonly<Record<string, (place: Place) => string[]>> = {
  $ref: ({ value, root, at, said }) => problemsOf(value, definition(String(said), root), root, at),
  type: ({ value, at, said }) =>
    [said].flat().includes(typeOf(value)) ? [] : [`${at} is a ${typeOf(value)}`],
  enum: ({ value, at, said }) => ((said as unknown[]).includes(value) ? [] : [`${at} is ${value}`]),
  const: ({ value, at, said }) => (value === said ? [] : [`${at} is not ${said}`]),
  pattern: ({ value, at, said }) => {
    if (typeof value !== "string" || new RegExp(String(said), "u").test(value)) return [];
    return [`${at}: "${value}" is not like ${said}`];
  },
  minLength: ({ value, at, said }) => (typeof value === "string" && value.length < Number(said) ? [at] : []),
  maxLength: ({ value, at, said }) => (typeof value === "string" && value.length > Number(said) ? [at] : []),
  minItems: ({ value, at, said }) => (Array.isArray(value) && value.length < Number(said) ? [at] : []),
  items: ({ value, root, at, said }) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => problemsOf(item, said as JsonSchema, root, `${at}[${index}]`))
      : [],
  required: ({ value, at, said }) =>
    (said as string[]).filter((key) => !(key in entriesOf(value))).map((key) => `${at} has no ${key}`),
  propertyNames: ({ value, root, at, said }) =>
    Object.keys(entriesOf(value)).flatMap((key) => problemsOf(key, said as JsonSchema, root, `${at} key`)),
  properties: ({ value, schema, root, at }) => propertiesOf(value, schema, root, at),
  additionalProperties: ({ value, schema, root, at }) =>
    schema.properties === undefined ? propertiesOf(value, schema, root, at) : [],
  anyOf: ({ value, root, at, said }) => {
    const each = (said as JsonSchema[]).map((form) => problemsOf(value, form, root, at));
    return each.some((problems) => problems.length === 0) ? [] : [`${at} fits no form`, ...each.flat()];
  },
};

function propertiesOf(value: unknown, schema: JsonSchema, root: JsonSchema, at: string): string[] {
  const properties = (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  return Object.entries(entriesOf(value)).flatMap(([key, each]) => {
    const known = properties[key] ?? schema.additionalProperties;
    if (known === false) return [`${at} may not have ${key}`];
    return typeof known === "object" ? problemsOf(each, known as JsonSchema, root, `${at}.${key}`) : [];
  });
}

function definition(reference: string, root: JsonSchema): JsonSchema {
  const name = reference.replace("#/$defs/", "");
  const found = (root.$defs as Readonly<Record<string, JsonSchema>> | undefined)?.[name];
  if (found === undefined) throw new Error(`${reference} is not defined`);
  return found;
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeOf(value) === "object" ? (value as Readonly<Record<string, unknown>>) : {};
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

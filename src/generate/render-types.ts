/** From a CRD's schema to TypeScript: pure, and the same text for the same schema. */

/** The part of an OpenAPI v3 schema that a CRD of this project uses. */
export interface CrdSchema {
  readonly type: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, CrdSchema>>;
  readonly additionalProperties?: CrdSchema;
  readonly items?: CrdSchema;
  readonly enum?: readonly (string | number)[];
  readonly default?: unknown;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly maxProperties?: number;
}

const LINE_WIDTH = 100;
const ROOT_NAME = 'SigningKeySet';

/**
 * Types of the object as the API server returns it: a field with a default is always there, so it is
 * not optional. The schemas of spec and status follow as values, for the decoders.
 * @param source named in the first line, so that a reader knows what to edit instead
 */
export function renderTypes(root: CrdSchema, source: string): string {
  const { spec, status } = root.properties ?? {};
  if (spec === undefined) throw new Error(`${source} has no spec`);
  const interfaces: string[] = [];
  renderInterface(ROOT_NAME, root, interfaces);
  return [
    `// Generated from ${source} by \`make generate\`. Do not edit.`,
    `import type { JsonSchema } from './json-schema.ts';`,
    `import type { StoredMeta } from './stored-meta.ts';`,
    '',
    ...interfaces,
    '/** What the API server checks of a spec before any CEL rule, and its defaults. */',
    `export const SPEC_SCHEMA: JsonSchema = ${JSON.stringify(structural(spec), null, 2)};`,
    ...(status === undefined ? [] : statusSchema(status)),
    '',
  ].join('\n');
}

function statusSchema(status: CrdSchema): readonly string[] {
  return [
    '',
    '/** What the API server checks of a status. */',
    `export const STATUS_SCHEMA: JsonSchema = ${JSON.stringify(structural(status), null, 2)};`,
  ];
}

/** Adds an interface, and before it those of the objects within it. */
function renderInterface(name: string, schema: CrdSchema, interfaces: string[]): void {
  const lines: string[] = [];
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    const optional = !isAlwaysThere(field, child, schema, name);
    lines.push(...comment(child.description, '  '));
    lines.push(
      `  readonly ${field}${optional ? '?' : ''}: ${typeOf(name, field, child, interfaces)};`,
    );
  }
  interfaces.push(
    [...comment(schema.description, ''), `export interface ${name} {`, ...lines, '}', ''].join(
      '\n',
    ),
  );
}

/** apiVersion, kind and metadata are there without being required by the schema. */
function isAlwaysThere(field: string, child: CrdSchema, parent: CrdSchema, name: string): boolean {
  if (child.default !== undefined || parent.required?.includes(field)) return true;
  return name === ROOT_NAME && ['apiVersion', 'kind', 'metadata'].includes(field);
}

function typeOf(parent: string, field: string, schema: CrdSchema, interfaces: string[]): string {
  if (parent === ROOT_NAME && field === 'metadata') return 'StoredMeta';
  const name = parent + field.charAt(0).toUpperCase() + field.slice(1);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return schema.type;
    case 'integer':
      return 'number';
    case 'array':
      if (schema.items === undefined) throw new Error(`${name}: an array without items`);
      return `readonly ${typeOf(parent, singular(field), schema.items, interfaces)}[]`;
    case 'object':
      if (schema.additionalProperties !== undefined) {
        const value = typeOf(name, 'value', schema.additionalProperties, interfaces);
        return `Readonly<Record<string, ${value}>>`;
      }
      renderInterface(name, schema, interfaces);
      return name;
    default:
      throw new Error(`${name}: the type '${schema.type}' is not known`);
  }
}

/** keys → key, conditions → condition; history stays. */
function singular(field: string): string {
  return field.endsWith('s') ? field.slice(0, -1) : field;
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value}'`;
}

const KEPT = ['required', 'enum', 'maxLength', 'maxItems', 'maxProperties', 'default'] as const;

/** Keeps what the decoder checks, in a fixed order. */
function structural(schema: CrdSchema): Record<string, unknown> {
  const kept: Record<string, unknown> = { type: schema.type };
  for (const key of KEPT) {
    if (schema[key] !== undefined) kept[key] = schema[key];
  }
  const listMapKeys = schema['x-kubernetes-list-map-keys'];
  if (listMapKeys !== undefined) kept['listMapKeys'] = listMapKeys;
  if (schema.items !== undefined) kept['items'] = structural(schema.items);
  if (schema.additionalProperties !== undefined) {
    kept['additionalProperties'] = structural(schema.additionalProperties);
  }
  if (schema.properties !== undefined) {
    kept['properties'] = Object.fromEntries(
      Object.entries(schema.properties).map(([field, child]) => [field, structural(child)]),
    );
  }
  return kept;
}

function comment(text: string | undefined, indent: string): string[] {
  if (text === undefined) return [];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + 3 + line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  if (lines.length === 1 && indent.length + 7 + line.length <= LINE_WIDTH) {
    return [`${indent}/** ${line} */`];
  }
  return [`${indent}/**`, ...lines.map((each) => `${indent} * ${each}`), `${indent} */`];
}

/**
 * The part of a CRD's schema that is a JSON schema: types, required fields, enums, lengths,
 * unique list items and defaults. CEL rules are not part of it; src/api/rules.ts restates them.
 */
export interface JsonSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  /** Fields that no two items of a list may have in common. */
  readonly listMapKeys?: readonly string[];
  readonly enum?: readonly (string | number)[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly default?: unknown;
}

// The published description of the control socket, to hold real exchanges against.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';

const SCHEMA = resolve(import.meta.dirname, '../../../../docs/schemas/control.schema.json');

export type Described = 'leaseRequest' | 'leaseEvent' | 'leaseGivenBack' | 'drained' | 'refusal';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
ajv.addSchema(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);

/** Whether the schema describes the document so. */
export function isDescribed(as: Described, document: unknown): boolean {
  return ajv.validate(`control.schema.json#/$defs/${as}`, document);
}

/** The document of a JSON text, which must be what the schema says. */
export function described(as: Described, text: string): Record<string, unknown> {
  const document = JSON.parse(text) as Record<string, unknown>;
  assert.ok(isDescribed(as, document), `${text}: ${ajv.errorsText()}`);
  return document;
}

// Checks each tool result as a strict client would.
import assert from 'node:assert/strict';

import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const addTo = addFormats.default ?? addFormats;

export class Schemas {
  #outputs = new Map();

  constructor(tools) {
    const ajv = new Ajv({ strict: false, allErrors: true });
    addTo(ajv);
    for (const { name, inputSchema, outputSchema } of tools) {
      assert.ok(ajv.validateSchema(inputSchema), `${name}: inputSchema is no valid schema`);
      assert.equal(inputSchema.additionalProperties, false, `${name}: inputSchema is open`);
      assert.ok(outputSchema, `${name}: no outputSchema`);
      this.#outputs.set(name, ajv.compile(outputSchema));
    }
  }

  check(name, result) {
    const { structuredContent } = result;
    assert.equal(typeof structuredContent, 'object', `${name}: no structuredContent`);
    const text = result.content.find(({ type }) => type === 'text')?.text;
    assert.deepEqual(JSON.parse(text), structuredContent, `${name}: text and structuredContent differ`);
    const validate = this.#outputs.get(name);
    assert.ok(validate, `${name}: not listed`);
    assert.ok(validate(structuredContent),
      `${name}: breaks its outputSchema: ${JSON.stringify(validate.errors)}\n${JSON.stringify(structuredContent)}`);
    assertIntegersOnly(name, structuredContent);
  }
}

/** Money never becomes a float. */
function assertIntegersOnly(path, value) {
  if (typeof value === 'number') assert.ok(Number.isSafeInteger(value), `${path}: ${value} is no integer`);
  else if (value && typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) assertIntegersOnly(`${path}/${key}`, member);
  }
}

// The table of operations, as lookups see it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dialects } from '../../../../src/interaction/contract/dialects.ts';
import { findOperation, listedOperationNames } from '../../../../src/interaction/contract/operations.ts';

for (const dialect of dialects) {
  it(`${dialect}: finds operations by their exact name`, () => {
    assert.equal(findOperation('', dialect), 'listing');
    assert.equal(findOperation('metadata', dialect), 'metadata');
    for (const command of ['listing', 'Metadata', 'metadata/', 'metadata/x', 'constructor']) {
      assert.equal(findOperation(command, dialect), null, command);
    }
  });

  it(`${dialect}: lists what is implemented, without the listing itself`, () => {
    assert.deepEqual(listedOperationNames(dialect), ['metadata']);
  });
}

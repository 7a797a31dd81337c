// `configuration`: the whole of it, shown or merged into.

import { renderConfigurationEntry } from '../../contract/configuration-entry.ts';
import type { DocumentFormat } from '../../contract/documents.ts';
import { printDocument } from '../../contract/documents.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import { toTableDocument } from '../../contract/table-document.ts';
import type { Call, OperationAnswer } from './call.ts';
import { readEffectiveConfiguration } from './effective-configuration.ts';
import { mergeDocument } from './merge-document.ts';
import { isTrue, readParameter } from './parameters.ts';

export async function answerConfiguration(call: Call): Promise<OperationAnswer> {
  const format: DocumentFormat =
    readParameter(call, 'configuration', 'format')?.toLowerCase() === 'yaml' ? 'yaml' : 'json';
  if (call.method === 'POST') {
    const isRestore = isTrue(call, 'configuration', 'restore');
    const merged = await mergeDocument(call.store.configuration, call, { format, isRestore });
    return merged.ok ? { status: 200, body: `Ok (${merged.count} key(s) processed)` } : merged.answer;
  }
  const isRaw = isTrue(call, 'configuration', 'raw');
  const shown = isRaw ? toTableDocument(await call.store.configuration.items()) : await dump(call);
  return { status: 200, body: printDocument(shown, format) };
}

async function dump(call: Call): Promise<JsonValue> {
  const configuration = await readEffectiveConfiguration(call.store, call.deployment);
  const entries = configuration.entries({ onlyStable: !isTrue(call, 'configuration', 'unstable') });
  return Object.fromEntries(
    entries.map((entry) => [entry.key, renderConfigurationEntry(entry, call.deployment.dialect)]),
  );
}

// `configuration/(.*)`: one key, its effective value shown or the table's written.
import { pythonStr } from '../../contract/python-text.ts';
import type { Call, OperationAnswer } from './call.ts';
import { readEffectiveConfiguration } from './effective-configuration.ts';
import { readKeyPath } from './key-path.ts';
import { readParameter } from './parameters.ts';
import { writeLine } from './write-line.ts';

export async function answerConfigurationKey(call: Call): Promise<OperationAnswer> {
  const path = readKeyPath(call);
  if (!path.ok) return path.answer;
  if (call.method === 'POST') {
    return writeLine(
      call.store.configuration,
      call,
      path.key,
      readParameter(call, 'configurationKey', 'ttl'),
    );
  }
  const configuration = await readEffectiveConfiguration(call.store, call.deployment);
  const value = configuration.entry(path.key)?.value ?? null;
  if (value === null) return { status: 400, body: `Unknown configuration key '${path.key}'!` };
  return { status: 200, body: pythonStr(value) };
}

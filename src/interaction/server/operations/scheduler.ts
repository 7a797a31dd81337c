// `scheduler`: the table of scheduled actions, shown as it can be loaded again, or merged into.
import type { DocumentFormat } from '../../contract/documents.ts';
import { printDocument } from '../../contract/documents.ts';
import { toTableDocument } from '../../contract/table-document.ts';
import type { Call, OperationAnswer } from './call.ts';
import { mergeDocument } from './merge-document.ts';
import { isTrue, readParameter } from './parameters.ts';

export async function answerScheduler(call: Call): Promise<OperationAnswer> {
  const format = readFormat(call);
  if (call.method === 'POST') {
    const isRestore = isTrue(call, 'scheduler', 'restore');
    const merged = await mergeDocument(call.store.scheduler, call, { format, isRestore });
    if (!merged.ok) return merged.answer;
    const keys = call.deployment.dialect === 'd0' ? 'key' : 'key(s)';
    return { status: 200, body: `Ok (${merged.count} ${keys} processed)` };
  }
  return { status: 200, body: printDocument(toTableDocument(await call.store.scheduler.items()), format) };
}

/** Case counts here before D2, unlike in `configuration`. */
function readFormat(call: Call): DocumentFormat {
  const format = readParameter(call, 'scheduler', 'format');
  const isYaml = (call.deployment.dialect === 'd2' ? format?.toLowerCase() : format) === 'yaml';
  return isYaml ? 'yaml' : 'json';
}

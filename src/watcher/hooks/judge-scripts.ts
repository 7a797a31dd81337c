// Which scripts of a state would run, for people who ask beforehand: judged as for a run, and none is started.
import type { PathTrust, Refusal } from './path-trust.ts';
import { listScripts, openScript, type ScriptList } from './select.ts';

/** As `listScripts`, with the scripts that would be refused among the refused. Rejects with `RangeError` for a state that is no name. */
export async function judgeScripts(scriptDir: string, state: string, trust: PathTrust): Promise<ScriptList> {
  const listed = await listScripts(scriptDir, state, trust);
  const paths: string[] = [];
  const refused: Refusal[] = [...listed.refused];
  for (const path of listed.paths) {
    const opened = await openScript(path, trust);
    if ('refusal' in opened) {
      refused.push(opened.refusal);
    } else {
      paths.push(path);
      await opened.script.file.close();
    }
  }
  return { paths, refused };
}

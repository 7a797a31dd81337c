// Tells a metadata service that is not there from one whose session tokens do not arrive: the answer to a token's request
// alone is sent with the short time-to-live that is set as the hop limit.
import { closeAgents, createDirectAgents, type Environment } from '../../../aws/http-agents.ts';
import { imdsEndpoint } from '../../../aws/imds.ts';
import { exchange } from '../../../aws/node-exchange.ts';

const TIMEOUT_MS = 2_000;
const MAX_BODY_BYTES = 64 * 1024;

/** Whether the metadata service answers anything at all, a refusal included, to a read without a token. */
export async function answersWithoutToken(env: Environment): Promise<boolean> {
  const agents = createDirectAgents();
  const url = new URL('/latest/meta-data/', imdsEndpoint(env));
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    await exchange({ method: 'GET', url, headers: {} }, { agents, maxBodyBytes: MAX_BODY_BYTES, signal });
    return true;
  } catch {
    return false;
  } finally {
    closeAgents(agents);
  }
}

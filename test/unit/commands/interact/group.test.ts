// A group by its name: its Discovery Lambda is asked, and everything else goes where that says.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { run, type ScriptedApi, startScriptedApi } from './scripted-api.ts';

const discovery = { GroupName: 'test', InteractApi: 'api1', InteractAPIGWUrl: 'ORIGIN/v1/' };

describe('a group', () => {
  let api: ScriptedApi;
  before(async () => {
    api = await startScriptedApi({
      'POST /2015-03-31/functions/CloneSquad-Discovery-test/invocations': JSON.stringify(discovery),
      'GET configuration/a': '1',
    });
    process.env.AWS_ENDPOINT_URL_LAMBDA = new URL(api.url).origin;
    // Nobody is there: whatever is sent to it is an error.
    process.env.CS_INTERACT_API_URL = 'http://127.0.0.1:1/v1/';
  });
  after(async () => {
    delete process.env.AWS_ENDPOINT_URL_LAMBDA;
    delete process.env.CS_INTERACT_API_URL;
    delete process.env.CS_INTERACT_GROUP;
    await api.close();
  });

  it('that is typed goes before an address in the environment', async () => {
    const { status, stdout, stderr } = await run(['config', 'get', 'a', '--group', 'test']);
    assert.deepEqual([status, stdout, stderr], [0, '1', '']);
  });

  it('in the environment does not go before an address that is typed', async () => {
    process.env.CS_INTERACT_GROUP = 'other';
    const { status, stdout } = await run(['config', 'get', 'a', '--api-url', api.url]);
    assert.deepEqual([status, stdout], [0, '1']);
  });

  it('has what its Lambda says', async () => {
    const { status, stdout } = await run(['discover', '--lambda', '--group', 'test']);
    assert.deepEqual([status, JSON.parse(stdout)], [0, { ...discovery, InteractAPIGWUrl: api.url }]);
  });
});

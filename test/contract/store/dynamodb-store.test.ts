// The contract against DynamoDB's protocol, spoken by a server in memory.
import { openDynamoDbStore } from '../../../src/interaction/server/store/dynamodb-store.ts';
import { anyCredentials, startDynalite } from '../../fixtures/dynalite.ts';
import { describeStoreContract } from './store.contract.ts';

describeStoreContract('DynamoDB', async () => {
  const dynalite = await startDynalite();
  return {
    async open(nowMs) {
      const { store } = await openDynamoDbStore({
        group: 'test',
        region: 'eu-west-1',
        env: { AWS_ENDPOINT_URL_DYNAMODB: dynalite.url },
        credentials: anyCredentials,
        createTables: true,
        nowMs,
      });
      return store;
    },
    close: () => dynalite.close(),
  };
});

// Many writers over the store itself, each of several keys at once; says which of them were acknowledged until it is killed.
import { openSqliteStore } from '../../../src/interaction/server/store/sqlite-store.ts';

const [path = '', writerCount = '', first = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path, group: 'test' });

async function write(writer: number): Promise<never> {
  for (let turn = Number(first); ; turn++) {
    const value = String(turn);
    await store.state.write([1, 2, 3, 4].map((part) => ({ key: `w${writer}.${part}`, value })));
    process.stdout.write(`${writer} ${turn}\n`);
  }
}

await Promise.all(Array.from({ length: Number(writerCount) }, (_, writer) => write(writer)));

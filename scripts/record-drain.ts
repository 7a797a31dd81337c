// Records a clean drain of the built agent, scraped every second, as input of promtool:
// test/fixtures/monitoring/recorded-drain.test.yml. As root; takes half a minute.
//   node_modules/.bin/node scripts/record-drain.ts
import { writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { recordCleanDrain } from '../test/e2e/agent/recorded-drains.ts';
import { ALERT_RULES } from '../test/fixtures/monitoring/promtool.ts';
import { ruleTest } from '../test/fixtures/monitoring/scrapes.ts';

const TARGET = join(import.meta.dirname, '../test/fixtures/monitoring/recorded-drain.test.yml');
const HEADER = `# A drain of the real agent, made by scripts/record-drain.ts: promtool test rules recorded-drain.test.yml
#
# Scraped every second; one second is one minute here, as alerts wait for minutes, and the times, ages and periods that the
# metrics tell are stretched with it. The instance runs, drains with one connection left, is drained, and runs again. No alert
# may fire.
`;

const cleanUps: (() => unknown)[] = [];
try {
  const scrapes = await recordCleanDrain({
    after: (cleanUp) => {
      if (cleanUp !== undefined) cleanUps.push(cleanUp as () => unknown);
    },
  });
  const ruleFile = relative(dirname(TARGET), ALERT_RULES);
  writeFileSync(TARGET, HEADER + stringify(ruleTest(scrapes, [], ruleFile), { lineWidth: 0 }));
} finally {
  for (const cleanUp of cleanUps) await cleanUp();
}

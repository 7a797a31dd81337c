// A DynamoDB in a process of its own: says its URL in one line, and serves until its input ends.
import { startDynalite } from '../../fixtures/dynalite.ts';

const dynalite = await startDynalite();
process.stdout.write(`${dynalite.url}\n`);
process.stdin.resume().once('end', () => process.exit());

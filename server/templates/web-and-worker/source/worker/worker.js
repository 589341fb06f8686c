import { setTimeout as wait } from 'node:timers/promises';

const webUrl = process.env.WEB_URL ?? 'http://localhost:3000';
const pauseMs = 5_000;
const stop = new AbortController();
let jobs = 0;

const work = async () => {
  await wait(200); // the place of the real work
  jobs += 1;
  console.log(`job ${jobs} done`);
};

const report = async () => {
  try {
    const body = JSON.stringify({ jobs });
    const headers = { 'Content-Type': 'application/json' };
    await fetch(new URL('/reports', webUrl), { method: 'POST', body, headers, signal: AbortSignal.timeout(3_000) });
  } catch (error) {
    console.log(`the web did not take the report: ${error.cause?.code ?? error.message}`);
  }
};

process.on('SIGTERM', () => {
  console.log('stopping: finishing this job');
  stop.abort();
});

console.log(`working in release ${process.env.RELEASE ?? 'local'}`);
while (!stop.signal.aborted) {
  await work();
  await report();
  await wait(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
}

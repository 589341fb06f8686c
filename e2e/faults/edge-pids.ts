import { readdirSync, readFileSync } from 'node:fs';

/** HAProxy of a state folder, master and workers. */
export const edgePids = (stateDir: string): number[] =>
  readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'haproxy' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${stateDir}/`);
    } catch {
      return false;
    }
  }); // prettier-ignore

import { describe, expect, it } from 'vitest';
import { readRecord } from '#server/build/kernel-log.ts';

describe('a record of the kernel log', () => {
  it('names the group of a process that was killed for memory', () => {
    const record = '6,1234,567,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/slipway-a-builder/builds/l1,task_memcg=/slipway-a-builder/builds/l1/step,task=node,pid=9,uid=0\n'; // prettier-ignore
    expect(readRecord(record)).toEqual({ kind: 'memory', group: '/slipway-a-builder/builds/l1/step' });
  });

  it('takes the group from the kernel, not from the name that the program gave itself', () => {
    const record = '6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/own,task=,task_memcg=/b,task=x,pid=9,uid=0'; // prettier-ignore
    expect(readRecord(record)).toEqual({ kind: 'memory', group: '/a/own' });
  });

  it('names the group whose fork was refused, and nothing else', () => {
    expect(readRecord('6,1,2,-;cgroup: fork rejected by pids controller in /a/builds/l2/step\n')).toEqual({ kind: 'processes', group: '/a/builds/l2/step' }); // prettier-ignore
    expect(readRecord('6,1,2,-;usb 1-1: new device')).toBeNull();
  });
});

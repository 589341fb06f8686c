/** Whether the new instances fit beside the old ones. Pure; memory in MiB. */
export interface AdmissionInput {
  /** Free memory of the machine, as the engine's host says. */
  freeMib: number;
  /** Promised to instances of other releases that are starting now and do not show in `freeMib` yet. */
  promisedMib: number;
  /** What the new instances of this release may use together. */
  neededMib: number;
}
export type Admission =
  { kind: 'admitted' } | { kind: 'waiting'; neededMib: number; availableMib: number; reason: string };

export function admit(input: AdmissionInput): Admission {
  const availableMib = Math.max(0, Math.floor(input.freeMib - input.promisedMib));
  if (input.neededMib <= availableMib) return { kind: 'admitted' };
  const reason = `Waits for memory: the new instances need ${input.neededMib} MiB beside the old ones, ${availableMib} MiB are free.`;
  return { kind: 'waiting', neededMib: input.neededMib, availableMib, reason };
}

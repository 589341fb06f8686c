/** The scale form: what was typed against what is live. Pure. */
import { standingKinds } from '#server/domain/words.ts';
import type { ReleaseComponentView } from '#server/domain/views/releases.ts';

/** Text as typed; CPU in cores. */
export interface ScaleRow {
  instances: string;
  cpu: string;
  memory: string;
}
export type ScaleForm = Readonly<Record<string, ScaleRow>>;
export interface ScaleInput {
  componentId: string;
  instances?: number;
  cpuMillis?: number;
  memoryMib?: number;
}

export const scalable = (components: readonly ReleaseComponentView[]): ReleaseComponentView[] =>
  components.filter((one) => standingKinds.includes(one.kind));

export const rowOf = ({ settings }: Pick<ReleaseComponentView, 'settings'>): ScaleRow => ({
  instances: String(settings.instances),
  cpu: String(settings.size.cpuMillis / 1000),
  memory: String(settings.size.memoryMib),
});

const whole = (text: string, min: number, max: number): number | null => {
  const value = Number(text.trim());
  return text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max ? value : null;
};

/** What is wrong with a row, by field; empty when it is fine. */
export function rowProblems(row: ScaleRow): Partial<Record<keyof ScaleRow, string>> {
  const cpu = Number(row.cpu.trim().replace(',', '.'));
  return {
    ...(whole(row.instances, 0, 10) === null ? { instances: 'From 0 to 10' } : {}),
    ...(row.cpu.trim() !== '' && cpu >= 0.05 && cpu <= 64 ? {} : { cpu: 'From 0.05 to 64' }),
    ...(whole(row.memory, 32, 262_144) === null ? { memory: 'From 32 MiB' } : {}),
  };
}

/** What differs from live; null while something cannot be read. */
export function scaleChanges(components: readonly ReleaseComponentView[], form: ScaleForm): ScaleInput[] | null {
  const changes: ScaleInput[] = [];
  for (const component of scalable(components)) {
    const row = form[component.componentId];
    if (!row) continue;
    if (Object.keys(rowProblems(row)).length > 0) return null;
    const { settings } = component;
    const instances = Number(row.instances);
    const cpuMillis = Math.round(Number(row.cpu.trim().replace(',', '.')) * 1000);
    const memoryMib = Number(row.memory);
    const change: ScaleInput = {
      componentId: component.componentId,
      ...(instances === settings.instances ? {} : { instances }),
      ...(cpuMillis === settings.size.cpuMillis ? {} : { cpuMillis }),
      ...(memoryMib === settings.size.memoryMib ? {} : { memoryMib }),
    };
    if (Object.keys(change).length > 1) changes.push(change);
  }
  return changes;
}

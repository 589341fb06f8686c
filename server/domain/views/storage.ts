import type { DatabaseEngine } from '#server/domain/databases.ts';

export interface VolumeView {
  id: string;
  name: string;
  component: { id: string; name: string };
  /** Mounted at. */
  path: string;
  sizeBytes: number;
  /** Null before it was first seen. */
  usedBytes: number | null;
  /** False where this machine cannot enforce sizes; null before it was seen. */
  isEnforced: boolean | null;
  /** A larger size that takes effect at the next start. */
  growsAtStart: boolean;
  state: 'active' | 'trashed';
  /** What is live mounts it: it cannot be deleted. */
  isMounted: boolean;
  restorableUntil: Date | null;
  observedAt: Date | null;
}

export interface DumpView {
  id: string;
  kind: 'dump' | 'restore';
  startedBy: 'person' | 'schedule';
  state: 'waiting' | 'running' | 'done' | 'failed';
  engine: string;
  sizeBytes: number | null;
  checksum: string | null;
  failure: string | null;
  /** Of a restore: the dump that it plays. */
  dumpId: string | null;
  createdAt: Date;
  endedAt: Date | null;
}
export interface DatabaseView {
  component: { id: string; name: string };
  engine: DatabaseEngine;
  title: string;
  version: string;
  /** Opens a console inside its instance. */
  console: string;
  /** Variables that the other components get. */
  offers: string[];
  schedule: { everyHours: number; keep: number; nextAt: Date } | null;
  /** Newest first. */
  jobs: DumpView[];
}
export interface StorageView {
  volumes: VolumeView[];
  databases: DatabaseView[];
  /** Dumps of this project that a database here can be restored from. */
  restorable: { dumpId: string; deployment: string; component: string; engine: string; createdAt: Date }[];
}

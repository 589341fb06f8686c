/**
 * Port: DumpDriver. A dump is what the program `database dump` of an instance writes; `database restore` reads one. It is kept
 * apart from volumes, compressed. A database that refuses is data; what is broken around it is an AppError: `unavailable`,
 * `aborted`, `conflict` (the instance does not run), `not_found`.
 */
export interface TakenDump {
  kind: 'taken';
  /** As it is stored. */
  sizeBytes: number;
  /** SHA-256 of the stored bytes, hexadecimal. */
  checksum: string;
}
export interface RefusedDump {
  kind: 'refused';
  /** The last line that the program wrote to stderr. */
  message: string;
}

export interface DumpDriver {
  /** Takes it whole or not at all; one of the same id is replaced. */
  take(dumpId: string, instanceId: string, signal: AbortSignal): Promise<TakenDump | RefusedDump>;
  /** Plays it into a running instance. @throws AppError not_found also when the stored bytes are not those of the checksum */
  play(
    dump: { id: string; checksum: string },
    instanceId: string,
    signal: AbortSignal,
  ): Promise<{ kind: 'played' } | RefusedDump>;
  /** Fine when it is gone. */
  remove(dumpId: string, signal: AbortSignal): Promise<void>;
}

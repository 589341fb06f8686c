/**
 * Where volumes are: `<state>/volumes/<part>/<id>/`, with the image `disk` (absent for a plain folder) and the mount point
 * `mount`. Inside the mount: `marker` with the volume's id, and `data`, the only part that an instance sees.
 */
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '#server/errors.ts';

export interface Place {
  home: string;
  disk: string;
  point: string;
  marker: string;
  data: string;
  /** Holds the size in bytes that the filesystem gets when nobody uses it. */
  growth: string;
}

/** `live`: in use or ready. `trash`: out of reach. `new`: being made; what is found there after a crash is nothing. */
export type Part = 'live' | 'trash' | 'new';
const parts: readonly Part[] = ['live', 'trash', 'new'];

export class Places {
  readonly root: string;

  constructor(stateDir: string) {
    this.root = path.join(stateDir, 'volumes');
  }
  folders(): string[] {
    return parts.map((part) => path.join(this.root, part));
  }
  folder(part: Part): string {
    return path.join(this.root, part);
  }
  of(part: Part, id: string): Place {
    if (!/^vol_[a-z0-9]{26}$/.test(id)) throw new AppError('bad_input', 'This is not the id of a volume.');
    const home = path.join(this.root, part, id);
    const point = path.join(home, 'mount');
    return {
      home,
      point,
      disk: path.join(home, 'disk'),
      marker: path.join(point, 'marker'),
      data: path.join(point, 'data'),
      growth: path.join(home, 'growth'),
    };
  }
}

export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
/** The id that is written inside the mount; null when there is none, as in a mount point that nothing is mounted on. */
export const markOf = (place: Place): Promise<string | null> =>
  readFile(place.marker, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );

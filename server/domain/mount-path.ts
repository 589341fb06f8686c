/** Where a volume may be mounted inside an instance. Pure. */

/** Folders that an image cannot do without, or that are ours. */
const kept = ['/bin', '/sbin', '/lib', '/lib64', '/usr', '/etc', '/proc', '/sys', '/dev', '/run', '/.slipway'];

/** An absolute, normalised path that hides nothing of the system. */
export const isMountPath = (path: string): boolean =>
  path.length <= 200 &&
  /^(?:\/[A-Za-z0-9._-]+)+$/.test(path) &&
  !path.split('/').some((part) => part === '.' || part === '..') &&
  !kept.some((folder) => path === folder || path.startsWith(`${folder}/`));

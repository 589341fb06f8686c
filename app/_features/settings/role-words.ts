import type { Role } from '#server/domain/words.ts';

/** What each role may do, in one line. */
export const roleWords: Record<Role, string> = {
  owner: 'everything, also deleting the organization',
  admin: 'everything but the organization itself',
  developer: 'makes and deploys projects, cannot delete them',
  viewer: 'sees everything but secrets, changes nothing',
};

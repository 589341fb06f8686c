import type { RepositoryListing } from '#server/build/planners/types.ts';

/** The part of a listing below a folder, with paths relative to it. */
export function listingBelow(listing: RepositoryListing, folder: string): RepositoryListing {
  if (folder === '') return listing;
  const prefix = `${folder}/`;
  return {
    paths: listing.paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
    read: (path) => listing.read(prefix + path),
    leavesRepository: (path) => listing.leavesRepository(prefix + path),
  };
}

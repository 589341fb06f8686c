import type { PersonRef } from '#server/domain/views/common.ts';
import type { CommitRef } from '#server/domain/views/releases.ts';
import type { Outcome, ReleaseState } from '#server/domain/release-machine.ts';

export interface TagComponentView {
  componentId: string;
  name: string;
  /** Null for an image that is given by its digest. */
  commit: CommitRef | null;
  image: string | null;
  /** An image of this code is there: a deployment with the same build values needs no build. */
  built: boolean;
}
export interface TagReleaseView {
  releaseId: string;
  number: number | null;
  state: ReleaseState;
  outcome: Outcome | null;
  isLive: boolean;
  deploymentId: string;
  deploymentSlug: string;
  deploymentName: string;
}
export interface TagView {
  id: string;
  name: string;
  notes: string;
  components: TagComponentView[];
  /** Releases with these commits, newest first; at most 20. */
  releases: TagReleaseView[];
  createdAt: Date;
  createdBy: PersonRef | null;
}
export interface TagList {
  tags: TagView[];
  /** What a form proposes for the next one. */
  nextName: string;
}
export interface TagCreated {
  tagId: string;
  name: string;
  /** One for each deployment that it is deployed to. */
  releases: { deploymentId: string; releaseId: string; number: number }[];
}

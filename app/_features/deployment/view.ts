/** What the deployment pages say. Pure. */
import { countWords } from '#app/ui/time-words.ts';
import type { BranchTip, DeploymentView } from '#server/domain/views/releases.ts';

interface Choice {
  note: string;
  /** Why it is not possible, or null. */
  reason: string | null;
}
type Facts = Pick<DeploymentView, 'power' | 'liveNumber' | 'pendingChanges' | 'tips' | 'stageKind'>;

const changes = (count: number): string =>
  count > 0 ? `brings ${countWords(count, 'change')}` : 'no configuration changes';

/** Why nothing can be deployed to it, or null. */
function restReason(power: Facts['power']): string | null {
  if (power === 'deleting' || power === 'trashed') return 'The deployment is deleted';
  return power === 'running' ? null : 'The deployment is suspended: resume it first';
}

/** Why each operation is not possible, or null. */
export function operationReasons({
  power,
  liveNumber,
}: Pick<DeploymentView, 'power' | 'liveNumber'>): Record<'restart' | 'scale' | 'suspend' | 'resume', string | null> {
  const notLive = liveNumber === null ? 'Nothing is live yet: deploy first' : null;
  const rests = restReason(power) ?? notLive;
  const runs = power === 'running' ? 'The deployment runs already' : null;
  const gone = power === 'deleting' || power === 'trashed' ? 'The deployment is deleted' : null;
  return { restart: rests, scale: rests, suspend: rests, resume: gone ?? runs ?? notLive };
}

/** The ways to deploy, each with what it will do or why it cannot be done. */
export function deployChoices(deployment: Facts): Record<'deploy' | 'configuration' | 'trigger' | 'restart', Choice> {
  const gone = restReason(deployment.power);
  const notLive = deployment.liveNumber === null ? 'Nothing is live yet: deploy the newest code first' : null;
  const code = deployment.tips.map((tip) => `${tip.ref}@${tip.commit.slice(0, 7)}`).join(', ');
  return {
    deploy: {
      note: `${code ? `Builds ${code}` : 'Builds what changed'}, ${changes(deployment.pendingChanges)}`,
      reason: gone,
    },
    configuration: {
      note: `Same code, ${changes(deployment.pendingChanges)}`,
      reason: gone ?? notLive ?? (deployment.pendingChanges === 0 ? 'Nothing differs from live' : null),
    },
    trigger: {
      note: `${code ? `Builds ${code}` : 'Builds what changed'}; settings and variables stay as they are live`,
      reason: gone ?? notLive,
    },
    restart: { note: 'Same release, new instances beside the old ones; no build', reason: gone ?? notLive },
  };
}

/** "main is 2 commits ahead": branches with code that is not live. */
export function tipSentence(tip: BranchTip): string | null {
  if (tip.liveCommit === tip.commit) return null;
  if (tip.liveCommit === null) return null;
  return tip.ahead === null ? `${tip.ref} has newer commits` : `${tip.ref} is ${countWords(tip.ahead, 'commit')} ahead`;
}
export const newerTips = (tips: readonly BranchTip[]): { tip: BranchTip; sentence: string }[] =>
  tips.flatMap((tip) => {
    const sentence = tipSentence(tip);
    return sentence ? [{ tip, sentence }] : [];
  });

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

/** The ways to deploy, each with what it will do or why it cannot be done. */
export function deployChoices(deployment: Facts): Record<'deploy' | 'configuration' | 'trigger' | 'restart', Choice> {
  const gone = deployment.power === 'deleting' || deployment.power === 'trashed' ? 'The deployment is deleted' : null;
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

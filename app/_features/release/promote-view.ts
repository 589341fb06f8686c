/** What the dialog of a promotion says. Pure. */
import { countWords } from '#app/ui/time-words.ts';
import type { PromotionPreview } from '#server/domain/views/releases.ts';

/** What happens besides the diff, as sentences; the ones to think about are marked. */
export function promotionEffects(preview: PromotionPreview): { text: string; isWarning: boolean }[] {
  const say = (text: string, isWarning = false) => ({ text, isWarning });
  const { to, hooks, leftOut, liveNumber } = preview;
  const lines = [say(`The images of ${preview.from.name} run in ${to.name} with its own settings and variables. Nothing is built.`)]; // prettier-ignore
  lines.push(
    liveNumber === null
      ? say(`Nothing is live in ${to.name} yet.`)
      : say(`Release ${String(liveNumber)} of ${to.name} keeps serving until the new instances are ready.`),
  );
  if (hooks.length > 0) lines.push(say(`Hooks run in ${to.name} before traffic: ${hooks.join(', ')}.`, true));
  if (leftOut.length > 0)
    lines.push(say(`${leftOut.join(', ')} ${leftOut.length === 1 ? 'is' : 'are'} not in ${to.name} and left out.`));
  return lines;
}

/** Why it is refused, as a headline; null when it may. */
export const refusalTitle = ({ refusals, to }: Pick<PromotionPreview, 'refusals' | 'to'>): string | null =>
  refusals.length === 0
    ? null
    : refusals.some((one) => one.kind === 'setting' || one.kind === 'variable')
      ? `${to.name} would build something else: ${countWords(refusals.length, 'difference')}`
      : `It cannot run in ${to.name}`;

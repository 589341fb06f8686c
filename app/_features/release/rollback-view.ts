/** What the rollback dialog says. Pure. */
import { kindWords } from '#app/_features/release/view.ts';
import { countWords } from '#app/ui/time-words.ts';
import type { RollbackPreview } from '#server/domain/views/releases.ts';

const short = (code: { commit: string }): string =>
  code.commit.includes('@') ? code.commit.slice(0, code.commit.indexOf('@')) : code.commit.slice(0, 7);

/** One line for each component whose code changes. */
export const codeLines = (preview: Pick<RollbackPreview, 'code'>): { component: string; from: string; to: string; message: string }[] =>
  preview.code.map(({ component, from, to }) => ({
    component,
    from: from ? short(from) : 'none',
    to: short(to),
    message: to.message,
  })); // prettier-ignore

/** What happens besides the diff, as sentences; the ones to think about are marked. */
export function effects(preview: RollbackPreview): { text: string; isWarning: boolean }[] {
  const say = (text: string, isWarning = false) => ({ text, isWarning });
  const lines = [
    say('Nothing is built: the stored images run again. What serves now keeps serving until they are ready.'),
  ];
  for (const one of preview.ends)
    lines.push(say(`${one.number === null ? kindWords[one.kind] : `Release ${String(one.number)}`} is ended before it goes live.`)); // prettier-ignore
  if (preview.hooksSince > 0)
    lines.push(say(`Hooks ran since: ${String(preview.hooksSince)}. A rollback does not undo what they changed, for example in a database.`, true)); // prettier-ignore
  for (const one of preview.revoked)
    lines.push(
      say(
        one.isReplaced
          ? `${one.key}${one.component ? ` of ${one.component}` : ''} was revoked since: its current value is used.`
          : `${one.key}${one.component ? ` of ${one.component}` : ''} was revoked since and has no value now: it is left out.`,
        true,
      ),
    ); // prettier-ignore
  if (preview.keptAddOns.length > 0)
    lines.push(say(`${preview.keptAddOns.join(', ')} ${preview.keptAddOns.length === 1 ? 'stays' : 'stay'} as live: data, version and credentials.`)); // prettier-ignore
  if (!preview.isPaused) lines.push(say('Automatic deploys pause until somebody resumes them.'));
  return lines;
}

/** True when the rollback would run exactly what runs now. */
export const changesNothing = (preview: RollbackPreview): boolean =>
  preview.code.length + preview.components.length + preview.variables.length === 0;

export const changeCount = (preview: RollbackPreview): string =>
  countWords(
    preview.code.length +
      preview.variables.length +
      preview.components.reduce((sum, one) => sum + Math.max(1, one.fields.length), 0),
    'change',
  );

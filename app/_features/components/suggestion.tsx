'use client';
import { valueWords } from '#app/_features/components/view.ts';
import { Button } from '#app/ui/button.tsx';

interface Props {
  path: string;
  /** JSON, from the address. */
  suggest: string;
  current: unknown;
  onUse: (value: unknown, deploys: boolean) => void;
}

const parsed = (text: string): { value: unknown } | null => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
};

/** What a failed release suggests for this field: use it, or use it and deploy. */
export function Suggestion({ path, suggest, current, onUse }: Props) {
  const suggestion = parsed(suggest);
  if (!suggestion || JSON.stringify(current) === JSON.stringify(suggestion.value)) return null;
  const words = valueWords(path, suggestion.value);
  return (
    <div className="flex flex-wrap gap-2 rounded-md border border-accent-line bg-accent-fill p-2">
      <Button size="small" onClick={() => onUse(suggestion.value, true)}>
        Use {words} and deploy
      </Button>
      <Button look="quiet" size="small" onClick={() => onUse(suggestion.value, false)}>
        Use {words}
      </Button>
    </div>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { toast } from '#app/ui/toast.tsx';

/** Reads the lists again and says what went wrong. */
export function usePlatformRefresh() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  return {
    onSuccess: () => queries.invalidateQueries(trpc.platform.pathFilter()),
    onError: (error: Parameters<typeof sentenceOf>[0]) => toast(sentenceOf(error), { tone: 'red' }),
  };
}

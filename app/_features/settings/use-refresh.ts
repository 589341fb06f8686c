'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { codeOf, sentenceOf } from '#app/_features/shell/problem.ts';
import { toast } from '#app/ui/toast.tsx';

/** Options of a mutation that changes a list of the settings pages: reads it again, and says what went wrong. */
export function useRefresh(part: 'members' | 'credentials' | 'account') {
  const trpc = useTRPC();
  const queries = useQueryClient();
  return {
    onSuccess: async (): Promise<void> => {
      await queries.invalidateQueries(trpc[part].pathFilter());
    },
    onError: (error: Parameters<typeof sentenceOf>[0]): void =>
      toast(sentenceOf(error), { tone: 'red', code: codeOf(error) }),
  };
}

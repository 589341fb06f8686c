'use client';
import { useEffect } from 'react';

/** Who can show what the next release of a deployment changes: its Deploy button, where one is on the page. */
const dialogs = new Map<string, (notice: string) => void>();

/** Offers to show the changes of a deployment, with a notice on why they are shown. */
export function useDiffRequests(deploymentId: string, show: (notice: string) => void): void {
  useEffect(() => {
    dialogs.set(deploymentId, show);
    return () => {
      if (dialogs.get(deploymentId) === show) dialogs.delete(deploymentId);
    };
  }, [deploymentId, show]);
}

/** Shows the changes; `false` when nothing on the page can. */
export function requestDiff(deploymentId: string, notice: string): boolean {
  const show = dialogs.get(deploymentId);
  show?.(notice);
  return show !== undefined;
}

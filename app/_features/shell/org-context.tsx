'use client';
import { createContext, useContext } from 'react';
import { can, type Action } from '#server/domain/permissions.ts';
import type { OrganizationRef } from '#server/domain/views/accounts.ts';

/** The organization of the page's address, and what the reader may do in it. */
const OrgContext = createContext<OrganizationRef | null>(null);

export const OrgProvider = ({ org, children }: { org: OrganizationRef; children: React.ReactNode }) => (
  <OrgContext value={org}>{children}</OrgContext>
);
export function useOrg(): OrganizationRef {
  const org = useContext(OrgContext);
  if (!org) throw new Error('useOrg outside of an organization page');
  return org;
}
/** Why the reader may not do it, or null. The server decides again; this only keeps buttons honest. */
export function useDenied(action: Action): string | null {
  const { id, role } = useOrg();
  const actor = { userId: '', sessionId: '', orgId: id, role, isOperator: false };
  return can(actor, action, { orgId: id })
    ? null
    : `Your role here is ${role}; this needs more. Ask an admin or owner.`;
}

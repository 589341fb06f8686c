import type { Plan, Role } from '#server/domain/words.ts';

export interface SetupStatus {
  /** True until the first account exists. */
  open: boolean;
}
export interface OrganizationRef {
  id: string;
  slug: string;
  name: string;
  role: Role;
  plan: Plan;
}
export interface Me {
  id: string;
  email: string;
  name: string;
  isOperator: boolean;
  hasPassword: boolean;
  organizations: OrganizationRef[];
}
export interface SessionView {
  id: string;
  isCurrent: boolean;
  userAgent: string;
  address: string;
  createdAt: Date;
  lastSeenAt: Date;
}
export interface SshKeyView {
  id: string;
  name: string;
  algorithm: string;
  /** `SHA256:…` */
  fingerprint: string;
  createdAt: Date;
  lastUsedAt: Date | null;
  /** Address of the client that used it last. */
  lastUsedFrom: string | null;
}
export interface AddedSshKeys {
  added: number;
  /** Of those given, how many were there already. */
  known: number;
  /** All of the person's keys now. */
  keys: SshKeyView[];
}
export interface AuditEntryView {
  seq: number;
  at: Date;
  /** Null: the platform itself, or a person who left it. */
  actor: { id: string; name: string } | null;
  /** `noun.verb`. */
  action: string;
  resourceKind: string;
  resourceId: string;
  /** Never values of secrets. */
  data: Record<string, unknown>;
}
export interface SignInProvider {
  /** For next-auth's `signIn(id)`. */
  id: 'credentials' | 'github' | 'oidc';
  name: string;
}
export interface MemberView {
  userId: string;
  name: string;
  email: string;
  role: Role;
  since: Date;
  isYou: boolean;
}
export interface InvitationView {
  id: string;
  email: string;
  role: Role;
  createdAt: Date;
  expiresAt: Date;
}
/** What the page behind an invitation link shows. */
export interface InvitationPreview {
  organization: string;
  email: string;
  role: Role;
  /** True when an account with this address exists: sign in, then accept; else choose name and password. */
  hasAccount: boolean;
}

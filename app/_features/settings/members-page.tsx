'use client';
import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { InviteDialog } from '#app/_features/settings/invite-dialog.tsx';
import { roleWords } from '#app/_features/settings/role-words.ts';
import { useRefresh } from '#app/_features/settings/use-refresh.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { Button } from '#app/ui/button.tsx';
import { Select } from '#app/ui/field.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { countWords } from '#app/ui/time-words.ts';
import { Ago } from '#app/ui/time.tsx';
import { roles } from '#server/domain/words.ts';
import type { MemberView } from '#server/domain/views/accounts.ts';

export function MembersPage() {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const denied = useDenied('member.manage');
  const { data: members } = useSuspenseQuery(trpc.members.list.queryOptions({ org }));
  const [isInviting, setInviting] = useState(false);
  return (
    <PageBody className="max-w-4xl pt-4">
      <Section
        title="Members"
        note={countWords(members.length, 'person', 'people')}
        actions={
          <Button
            look="primary"
            aria-disabled={Boolean(denied)}
            title={denied ?? undefined}
            onClick={() => !denied && setInviting(true)}
          >
            <UserPlus /> Invite
          </Button>
        }
      >
        <Table>
          <Head>
            <HeadCell>Name</HeadCell>
            <HeadCell wideOnly>E-mail</HeadCell>
            <HeadCell>Role</HeadCell>
            <HeadCell wideOnly className="text-right">
              Since
            </HeadCell>
            <HeadCell>
              <span className="sr-only">Actions</span>
            </HeadCell>
          </Head>
          <tbody>
            {members.map((member) => (
              <MemberRow key={member.userId} member={member} denied={denied} />
            ))}
          </tbody>
        </Table>
      </Section>
      {denied ? null : <Invitations />}
      <InviteDialog open={isInviting} onOpenChange={setInviting} />
    </PageBody>
  );
}

function MemberRow({ member, denied }: { member: MemberView; denied: string | null }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const refresh = useRefresh('members');
  const setRole = useMutation(trpc.members.setRole.mutationOptions(refresh));
  const remove = useMutation(trpc.members.remove.mutationOptions(refresh));
  const role = setRole.isPending ? setRole.variables.role : member.role;
  return (
    <Row className="h-11">
      <Cell className="font-medium">
        {member.name} {member.isYou ? <span className="font-normal text-muted">(you)</span> : null}
      </Cell>
      <Cell wideOnly className="text-muted">
        {member.email}
      </Cell>
      <Cell>
        <Select
          aria-label={`Role of ${member.name}`}
          title={roleWords[role]}
          value={role}
          disabled={Boolean(denied)}
          onChange={(event) => {
            const next = roles.find((item) => item === event.target.value);
            if (next) setRole.mutate({ org, userId: member.userId, role: next });
          }}
        >
          {roles.map((item) => (
            <option key={item}>{item}</option>
          ))}
        </Select>
      </Cell>
      <Cell wideOnly className="text-right text-muted">
        <Ago at={member.since} />
      </Cell>
      <Cell className="w-0">
        {member.isYou ? null : (
          <Button
            look="quiet"
            size="small"
            aria-disabled={Boolean(denied) || remove.isPending}
            title={denied ?? 'They are out at once; what they made stays'}
            onClick={() => !denied && remove.mutate({ org, userId: member.userId })}
          >
            Remove
          </Button>
        )}
      </Cell>
    </Row>
  );
}

function Invitations() {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const refresh = useRefresh('members');
  const { data } = useQuery(trpc.members.invitations.queryOptions({ org }));
  const revoke = useMutation(trpc.members.revokeInvitation.mutationOptions(refresh));
  if (!data || data.length === 0) return null;
  return (
    <Section title="Invited" note="not joined yet">
      <ul className="divide-y border-y text-sm">
        {data.map((invitation) => (
          <li key={invitation.id} className="flex min-h-10 flex-wrap items-center gap-x-4">
            <span className="min-w-0 flex-1 truncate">{invitation.email}</span>
            <span className="text-muted">{invitation.role}</span>
            <span className="text-muted">
              ends <Ago at={invitation.expiresAt} />
            </span>
            <Button look="quiet" size="small" onClick={() => revoke.mutate({ org, id: invitation.id })}>
              Withdraw
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

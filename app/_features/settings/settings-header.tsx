'use client';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { PageHeader } from '#app/_features/shell/page.tsx';
import { NavTabs } from '#app/ui/nav-tabs.tsx';

export function SettingsHeader() {
  const org = useOrg();
  const base = `/${org.slug}/settings`;
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Settings', href: base }]}
        status={
          <span className="text-muted">
            {org.name}, you are {org.role}
          </span>
        }
      />
      <div className="px-4 sm:px-6">
        <NavTabs
          label="Settings"
          tabs={[
            { href: base, label: 'Members' },
            { href: `${base}/audit`, label: 'Audit log' },
            { href: `${base}/credentials`, label: 'Git credentials' },
            { href: `${base}/ssh-keys`, label: 'SSH keys' },
            { href: `${base}/sessions`, label: 'Account and sessions' },
          ]}
        />
      </div>
    </>
  );
}

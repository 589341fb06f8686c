import type { Metadata } from 'next';
import { AuditPage } from '#app/_features/settings/audit-page.tsx';

export const metadata: Metadata = { title: 'Audit log' };

/** Not loaded on the server: most roles may not read it, and the page says so. */
export default function Page() {
  return <AuditPage />;
}

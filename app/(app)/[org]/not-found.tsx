'use client';
import Link from 'next/link';
import { useParams } from 'next/navigation';
import { Button } from '#app/ui/button.tsx';
import { Problem } from '#app/ui/problem.tsx';

export default function NotFoundInOrganization() {
  const { org } = useParams<{ org: string }>();
  return (
    <Problem
      title="Nothing is here"
      actions={
        <Button asChild>
          <Link href={`/${org}`}>Go to projects</Link>
        </Button>
      }
    >
      The address is wrong, it was deleted, or you have no access to it.
    </Problem>
  );
}

'use client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { usePlatformRefresh } from '#app/_features/platform/use-platform-refresh.ts';
import { Section } from '#app/_features/shell/page.tsx';
import { Button } from '#app/ui/button.tsx';
import { Input } from '#app/ui/field.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import type { PlatformRegion } from '#server/domain/views/usage.ts';

/** The slots of each region. */
export function Regions({ regions }: { regions: readonly PlatformRegion[] }) {
  return (
    <Section
      title="Regions"
      note="slots per lane, and how many releases of one organization may work; what works goes on"
    >
      <Table>
        <Head>
          <HeadCell>Name</HeadCell>
          <HeadCell>Builds</HeadCell>
          <HeadCell>Rollouts</HeadCell>
          <HeadCell>Limit</HeadCell>
          <HeadCell>
            <span className="sr-only">Actions</span>
          </HeadCell>
        </Head>
        <tbody>
          {regions.map((region) => (
            <RegionRow key={region.id} region={region} />
          ))}
        </tbody>
      </Table>
    </Section>
  );
}

const slotFields = ['buildSlots', 'rolloutSlots', 'orgLimit'] as const;
const slotWords = { buildSlots: 'Build slots', rolloutSlots: 'Rollout slots', orgLimit: 'Limit per organization' };

function RegionRow({ region }: { region: PlatformRegion }) {
  const trpc = useTRPC();
  const { buildSlots, rolloutSlots, orgLimit } = region;
  const present = { buildSlots: String(buildSlots), rolloutSlots: String(rolloutSlots), orgLimit: String(orgLimit) };
  const [edits, setEdits] = useState<Partial<typeof present>>({});
  const refresh = usePlatformRefresh();
  const save = useMutation(
    trpc.platform.setRegion.mutationOptions({
      ...refresh,
      onSuccess: () => {
        setEdits({});
        return refresh.onSuccess();
      },
    }),
  );
  const values = { ...present, ...edits };
  const isValid = slotFields.every((field) => /^([1-9]|[1-5]\d|6[0-4])$/.test(values[field]));
  const isChanged = slotFields.some((field) => values[field] !== present[field]);
  const canSave = isValid && isChanged && !save.isPending;
  const submit = (): void => {
    if (!canSave) return;
    const [build, rollout, limit] = slotFields.map((field) => Number(values[field]));
    save.mutate({ regionId: region.id, buildSlots: build, rolloutSlots: rollout, orgLimit: limit });
  };
  return (
    <Row className="h-11">
      <Cell className="font-medium">{region.name}</Cell>
      {slotFields.map((field) => (
        <Cell key={field}>
          <Input
            aria-label={`${slotWords[field]} of ${region.name}`}
            aria-invalid={!/^([1-9]|[1-5]\d|6[0-4])$/.test(values[field])}
            title="From 1 to 64"
            inputMode="numeric"
            className="tabular w-16"
            value={values[field]}
            onChange={({ target }) => setEdits({ ...edits, [field]: target.value.trim() })}
            onKeyDown={({ key }) => key === 'Enter' && submit()}
          />
        </Cell>
      ))}
      <Cell className="w-0">
        <Button size="small" aria-disabled={!canSave} onClick={submit}>
          Save
        </Button>
      </Cell>
    </Row>
  );
}

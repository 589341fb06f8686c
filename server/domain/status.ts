/**
 * Status from facts: pure functions from observations to a tree of nodes. Leaves come from facts, the roll-up from
 * service; the cause travels with the colour. Design section 10 is the rule.
 */
import { type VolumeFact, volumeStatus } from '#server/domain/volume-status.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { ComponentKind, PowerState, StatusColour } from '#server/domain/words.ts';

export interface StatusNode {
  id: string;
  name: string;
  colour: StatusColour;
  /** Grey for lack of observation, not because it rests: has its own shape and makes its parents yellow. */
  unknown: boolean;
  /** One line from the cause: "exited with 1, 4 restarts". */
  cause: string;
  /** ISO; null when it is not known. */
  since: string | null;
  lastSeen: string | null;
  children: StatusNode[];
}
export interface InstanceFact {
  id: string;
  componentId: string;
  /** From 1; unique among a component's live instances. */
  ordinal: number;
  readyAt: Date | null;
  observedAt: Date | null;
  restarts: number;
  memoryMib: number;
  observed: {
    phase: 'created' | 'running' | 'restarting' | 'exited' | 'missing';
    startedAt: string | null;
    finishedAt: string | null;
    exitCode: number | null;
    outOfMemory: boolean;
  } | null;
}
export interface ComponentFact {
  id: string;
  name: string;
  kind: ComponentKind;
  /** Instances wanted by the live release. */
  wanted: number;
}
export interface ReleaseFact {
  number: number | null;
  state: ReleaseState;
  since: Date;
  /** First sentence of the failure, when it failed. */
  failure: string | null;
}
export interface DeploymentFacts {
  now: Date;
  power: PowerState;
  live: ReleaseFact | null;
  /** The newest release that is waiting, at work or over without going live; null when that is the live one. */
  newest: ReleaseFact | null;
  components: readonly ComponentFact[];
  instances: readonly InstanceFact[];
  /** Storage that the live release mounts. */
  volumes?: readonly VolumeFact[];
}

/** Not observed for so long is unknown. */
export const observationLimitMs = 40_000;
/** A restart counts as an issue for so long. */
const restartMemoryMs = 10 * 60_000;

const leaf = (id: string, name: string, colour: StatusColour, cause: string, more: Partial<StatusNode> = {}): StatusNode => ({
  id, name, colour, unknown: false, cause, since: null, lastSeen: null, children: [], ...more,
}); // prettier-ignore

const exitCause = (fact: InstanceFact): string => {
  const observed = fact.observed;
  if (observed?.outOfMemory) return `was killed: out of memory (${fact.memoryMib} MiB)`;
  if (observed?.phase === 'missing') return 'its container is gone';
  return observed?.exitCode === null || observed?.exitCode === undefined
    ? 'exited'
    : `exited with ${observed.exitCode}`;
};

/** One instance: running is green, running again after a crash yellow for ten minutes, anything else red; unseen is unknown. */
export function instanceStatus(fact: InstanceFact, name: string, now: Date): StatusNode {
  const lastSeen = fact.observedAt?.toISOString() ?? null;
  if (!fact.observed || !fact.observedAt || now.getTime() - fact.observedAt.getTime() > observationLimitMs) {
    const age = fact.observedAt
      ? `not observed for ${Math.round((now.getTime() - fact.observedAt.getTime()) / 1000)} s`
      : 'not observed yet';
    return leaf(fact.id, name, 'grey', age, { unknown: true, lastSeen });
  }
  const { phase, startedAt, finishedAt } = fact.observed;
  if (phase === 'running') {
    const recent = fact.restarts > 0 && startedAt !== null && now.getTime() - Date.parse(startedAt) < restartMemoryMs;
    if (recent)
      return leaf(fact.id, name, 'yellow', `restarted: ${exitCause(fact)}, ${fact.restarts} times`, {
        since: startedAt,
        lastSeen,
      });
    return leaf(fact.id, name, 'green', 'running', { since: startedAt, lastSeen });
  }
  if (phase === 'created') return leaf(fact.id, name, 'yellow', 'starting', { lastSeen });
  const cause = phase === 'restarting' ? `${exitCause(fact)}, restarting` : exitCause(fact);
  return leaf(fact.id, name, 'red', cause, { since: finishedAt, lastSeen });
}

/** Red when fewer than one instance serves, yellow when some do not or restart; resting when none is wanted. */
export function componentStatus(component: ComponentFact, instances: readonly InstanceFact[], now: Date): StatusNode {
  const children = [...instances]
    .sort((a, b) => a.ordinal - b.ordinal)
    .map((fact) => instanceStatus(fact, `${component.name}-${fact.ordinal}`, now));
  const make = (colour: StatusColour, cause: string, unknown = false): StatusNode =>
    leaf(component.id, component.name, colour, cause, { unknown, children });
  if (component.wanted === 0) return make('grey', 'no instances wanted');
  if (children.length > 0 && children.every((child) => child.unknown))
    return make('grey', children[0]?.cause ?? 'not observed', true);
  const serving = children.filter((child) => child.colour === 'green' || child.colour === 'yellow').length;
  const trouble =
    children.find((child) => child.colour === 'red') ?? children.find((child) => child.colour === 'yellow');
  if (serving === 0)
    return make('red', trouble ? `${trouble.name} ${trouble.cause}` : `0 of ${component.wanted} running`);
  if (trouble) return make('yellow', `${trouble.name} ${trouble.cause}`);
  const unseen = children.find((child) => child.unknown);
  if (unseen) return make('yellow', `${unseen.name} ${unseen.cause}`);
  if (serving < component.wanted) return make('yellow', `${serving} of ${component.wanted} running`);
  return make('green', `${serving} of ${component.wanted} running`);
}

const order: readonly StatusColour[] = ['red', 'yellow', 'green', 'grey'];
/** The worst child: red > yellow > unknown (as yellow) > green; resting counts only when all rest. */
export function rollUp(id: string, name: string, children: StatusNode[], whenGreen: string): StatusNode {
  const colourOf = (node: StatusNode): StatusColour => (node.unknown ? 'yellow' : node.colour);
  const worst = [...children].sort((a, b) => order.indexOf(colourOf(a)) - order.indexOf(colourOf(b)))[0];
  if (!worst) return leaf(id, name, 'grey', 'nothing here');
  const colour = colourOf(worst);
  const cause = colour === 'green' ? whenGreen : `${worst.name}: ${worst.cause}`;
  return leaf(id, name, colour, cause, { since: worst.since, children });
}

const buildsStatus = (facts: DeploymentFacts): StatusNode => {
  const { newest, live } = facts;
  const since = newest?.since.toISOString() ?? null;
  const title = newest?.number ? `Release ${newest.number}` : 'An operation';
  if (newest && ['fetching', 'building', 'storing'].includes(newest.state)) {
    return leaf('builds', 'Builds', live ? 'green' : 'grey', `${title} is ${newest.state}`, { since });
  }
  if (newest?.state === 'failed')
    return leaf('builds', 'Builds', live ? 'yellow' : 'red', `${title} failed: ${newest.failure ?? ''}`, { since });
  return live
    ? leaf('builds', 'Builds', 'green', 'all images present')
    : leaf('builds', 'Builds', 'grey', 'nothing built yet');
};

/** The whole tree. A build in progress never turns a running deployment red. */
export function deploymentStatus(facts: DeploymentFacts): StatusNode {
  const root = (colour: StatusColour, cause: string, children: StatusNode[], since: string | null = null): StatusNode =>
    leaf('deployment', 'Deployment', colour, cause, { children, since });
  const builds = buildsStatus(facts);
  if (facts.power !== 'running') return root('grey', facts.power === 'suspended' ? 'Suspended' : 'Stopped', [builds]);
  if (!facts.live) {
    const waiting =
      facts.newest &&
      facts.newest.state !== 'failed' &&
      facts.newest.state !== 'aborted' &&
      facts.newest.state !== 'superseded';
    if (facts.newest?.state === 'failed')
      return root('red', `Not deployed yet: ${facts.newest.failure ?? 'the release failed'}`, [builds], builds.since);
    return root('grey', waiting ? `Deploying release ${facts.newest?.number ?? ''}`.trim() : 'Not deployed yet', [
      builds,
    ]);
  }
  const components = facts.components.map((component) =>
    componentStatus(component, facts.instances.filter((fact) => fact.componentId === component.id), facts.now),
  ); // prettier-ignore
  const running = components.flatMap((node) => node.children).filter((child) => child.colour === 'green').length;
  const containers = rollUp('containers', 'Containers', components, `${running} running`);
  const volumes = (facts.volumes ?? []).map(volumeStatus);
  const count = `${volumes.length} ${volumes.length === 1 ? 'volume' : 'volumes'}`;
  const storage = volumes.length === 0 ? [] : [rollUp('storage', 'Storage', volumes, count)];
  const parts = [...storage, builds, containers];
  const issues = [builds, ...components, ...volumes].filter(
    (node) => node.colour === 'yellow' || node.colour === 'red' || node.unknown,
  );
  const [first] = issues;
  if (!first) return root(containers.colour, containers.colour === 'grey' ? containers.cause : 'Serving', parts);
  const worst = issues.find((node) => node.colour === 'red') ?? first;
  const sentence =
    worst.colour === 'red'
      ? `Needs attention: ${worst.name} ${worst.cause}`
      : `Serving, with ${issues.length} ${issues.length === 1 ? 'issue' : 'issues'}: ${worst.name} ${worst.cause}`;
  return root(worst.colour === 'red' ? 'red' : 'yellow', sentence, parts, worst.since);
}

/** The release machine as a Mermaid diagram, drawn from its table; ARCHITECTURE.md holds it and a test compares them. */
import { releaseEvents, releaseStates, transition } from '#server/domain/release-machine.ts';

export function drawMachine(): string {
  const arrows = releaseStates.flatMap((state) =>
    releaseEvents.flatMap((event) => {
      const next = transition(state, event);
      return next ? [`  ${state} --> ${next}: ${event}`] : [];
    }),
  );
  return ['```mermaid', 'stateDiagram-v2', ...arrows, '```'].join('\n');
}

if (import.meta.main) process.stdout.write(`${drawMachine()}\n`);

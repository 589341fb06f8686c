/** ShellDriver on a Docker Engine of this machine: through the helper in the instance, else by the engine's exec. */
import type { Duplex } from 'node:stream';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { runningContainer, serveByExec, serveDialByAddress } from '#server/runtime/docker/exec-shells.ts';
import { dialFields, HelperSessions, shellFields } from '#server/runtime/docker/helper-sessions.ts';
import type { Containers } from '#server/runtime/docker/inspect.ts';
import type { Invitation, ShellDriver, ShellRequest } from '#server/runtime/shell-types.ts';

export class DockerShells implements ShellDriver {
  readonly #engine: Engine;
  readonly #containers: Containers;
  readonly #helpers: HelperSessions;

  constructor(engine: Engine, containers: Containers) {
    this.#engine = engine;
    this.#containers = containers;
    this.#helpers = new HelperSessions(engine);
  }

  invite(instanceId: string, request: ShellRequest, signal: AbortSignal): Promise<Invitation | null> {
    return this.#invite(instanceId, shellFields(request), signal);
  }
  inviteDial(instanceId: string, port: number, signal: AbortSignal): Promise<Invitation | null> {
    return this.#invite(instanceId, dialFields(port), signal);
  }
  async #invite(instanceId: string, fields: string[], signal: AbortSignal): Promise<Invitation | null> {
    const container = await runningContainer(this.#containers, instanceId, signal);
    return this.#helpers.invite(instanceId, container, fields, signal);
  }
  serve(instanceId: string, request: ShellRequest, accept: () => Duplex, signal: AbortSignal): Promise<void> {
    return serveByExec(this.#engine, instanceId, request, accept, signal);
  }
  async serveDial(instanceId: string, port: number, accept: () => Duplex, signal: AbortSignal): Promise<void> {
    const container = await runningContainer(this.#containers, instanceId, signal);
    return serveDialByAddress(container, port, accept);
  }
}

/** The systemd unit that runs `up` when the machine starts. */
import { existsSync, writeFileSync } from 'node:fs';
import { execOk } from '#server/exec.ts';
import { Stop } from '#cli/bootstrap/screen.mjs';

const unitFile = '/etc/systemd/system/slipway.service';

/** `up` returns once everything runs; stopping the unit leaves applications, edge and engine to serve. */
export const renderUnit = (place: { root: string; stateDir: string; node: string }): string => `[Unit]
Description=Slipway
Wants=network-online.target
After=network-online.target docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
KillMode=process
TimeoutStartSec=900
WorkingDirectory=${place.root}
Environment="SLIPWAY_STATE=${place.stateDir}"
ExecStart="${place.node}" cli/up.mjs
ExecStop="${place.node}" cli/down.mjs

[Install]
WantedBy=multi-user.target
`;

/** @throws Stop where there is no systemd */
export async function installBootUnit(place: { root: string; stateDir: string }): Promise<string> {
  if (!existsSync('/run/systemd/system'))
    throw new Stop('This machine does not run systemd. Have its own start-up run `./up` instead.');
  writeFileSync(unitFile, renderUnit({ ...place, node: process.execPath }));
  await execOk('systemctl', ['daemon-reload']);
  await execOk('systemctl', ['enable', 'slipway.service']);
  return `${unitFile} enabled`;
}

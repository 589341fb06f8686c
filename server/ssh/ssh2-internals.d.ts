declare module 'ssh2/lib/protocol/utils.js' {
  export function sendPacket(protocol: object, packet: unknown): boolean;
}

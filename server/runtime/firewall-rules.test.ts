import { describe, expect, it } from 'vitest';
import { parseResolvers, renderRules } from '#server/runtime/firewall-rules.ts';

describe('firewall rules', () => {
  it('let instances reach the open ports, resolvers and the internet, and nothing else', () => {
    expect(renderRules({ tag: 'ab12', openPorts: [80, 443], resolvers: ['10.1.1.1', 'fd00::1'] })).toMatchSnapshot();
  });
  it('have no rule for ports or resolvers when there are none', () => {
    const rules = renderRules({ tag: 'ab12', openPorts: [], resolvers: [] });
    expect(rules).not.toContain('{  }');
    expect(rules).not.toMatch(/dport (?!25 )/);
  });
  it('take resolvers as the engine does: no loopback addresses', () => {
    const text =
      '# x\nnameserver 127.0.0.53\nsearch a.b\n nameserver 10.0.0.2\nnameserver fd00::2\nnameserver nonsense\n';
    expect(parseResolvers(text)).toEqual(['10.0.0.2', 'fd00::2']);
  });
});

/** The Content-Security-Policy, which has a nonce per answer, is set in `proxy.ts`; https is enforced at the edge. */
const headers = Object.entries({
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
}).map(([key, value]) => ({ key, value }));

/** @type {import('next').NextConfig} */
export default {
  output: 'standalone',
  poweredByHeader: false,
  reactStrictMode: true,
  typedRoutes: false,
  typescript: { ignoreBuildErrors: true }, // `npm run check` does it; a user's machine builds faster without
  agentRules: false,
  experimental: { preloadEntriesOnStart: false },
  headers: () => Promise.resolve([{ source: '/:path*', headers }]),
  serverExternalPackages: ['postgres', 'pg', 'graphile-worker'],
};

/** @type {import('next').NextConfig} */
export default {
  output: 'standalone',
  poweredByHeader: false,
  reactStrictMode: true,
  typedRoutes: false,
  agentRules: false,
  experimental: { preloadEntriesOnStart: false },
  serverExternalPackages: ['postgres', 'pg', 'graphile-worker'],
};

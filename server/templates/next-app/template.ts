import { commonStages, greeting, type Template } from '#server/templates/types.ts';

export const nextApp: Template = {
  slug: 'next-app',
  version: 1,
  title: 'Next.js',
  description: 'React pages rendered on the server, with the App Router. Built into a small standalone image.',
  tags: ['Next.js', 'React', 'Node.js'],
  stages: commonStages,
  parameters: [greeting('Hello from Next.js')],
  components: [
    {
      name: 'web',
      kind: 'web',
      description: 'The Next.js server',
      settings: { run: { port: 3000 }, readiness: { http: { path: '/health', status: 200 } } },
    },
  ],
  screenshot: 'templates/next-app.png',
};

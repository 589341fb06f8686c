import { commonStages, greeting, type Template } from '#server/templates/types.ts';

export const nodeWeb: Template = {
  slug: 'node-web',
  version: 1,
  title: 'Node.js',
  description: 'A web server on Node’s own http module, without a dependency. The quickest way to something that runs.',
  tags: ['Node.js', 'JavaScript'],
  stages: commonStages,
  parameters: [greeting('Hello from Node.js')],
  components: [
    {
      name: 'web',
      kind: 'web',
      description: 'Answers requests on PORT',
      settings: { run: { port: 3000 }, readiness: { http: { path: '/health', status: 200 } } },
    },
  ],
  screenshot: 'templates/node-web.png',
};

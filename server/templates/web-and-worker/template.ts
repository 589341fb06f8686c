import { commonStages, greeting, type Template } from '#server/templates/types.ts';

export const webAndWorker: Template = {
  slug: 'web-and-worker',
  version: 1,
  title: 'Web and worker',
  description: 'Two components from one repository that go live together: a page, and a worker that reports to it.',
  tags: ['Node.js', 'JavaScript', 'Worker'],
  stages: commonStages,
  parameters: [
    greeting('Hello from two components'),
    {
      key: 'WEB_URL',
      label: 'Address of the web component',
      description: 'Where the worker reports to. Inside a deployment a component answers at its name.',
      default: 'http://web:3000',
      use: 'run',
    },
  ],
  components: [
    {
      name: 'web',
      kind: 'web',
      description: 'The page, from the folder web',
      settings: {
        rootDirectory: 'web',
        run: { port: 3000 },
        readiness: { http: { path: '/health', status: 200 } },
      },
    },
    {
      name: 'worker',
      kind: 'worker',
      description: 'Runs a job every few seconds, from the folder worker',
      settings: { rootDirectory: 'worker', readiness: { settleSeconds: 3 } },
    },
  ],
  screenshot: 'templates/web-and-worker.png',
};

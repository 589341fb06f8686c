import { commonStages, greeting, type Template } from '#server/templates/types.ts';

export const pythonWeb: Template = {
  slug: 'python-web',
  version: 1,
  title: 'Python',
  description: 'A threaded web server on Python’s standard library. Add a requirements.txt when it needs more.',
  tags: ['Python'],
  stages: commonStages,
  parameters: [greeting('Hello from Python')],
  components: [
    {
      name: 'web',
      kind: 'web',
      description: 'Answers requests on PORT',
      settings: { run: { port: 8000 }, readiness: { http: { path: '/health', status: 200 } } },
    },
  ],
  screenshot: 'templates/python-web.png',
};

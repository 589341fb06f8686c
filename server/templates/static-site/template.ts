import { commonStages, type Template } from '#server/templates/types.ts';

export const staticSite: Template = {
  slug: 'static-site',
  version: 1,
  title: 'Static site',
  description: 'HTML, CSS and a little JavaScript, served by nginx. For pages that need no server of their own.',
  tags: ['HTML', 'nginx'],
  stages: commonStages,
  parameters: [
    {
      key: 'APP_GREETING',
      label: 'Greeting',
      description: 'The headline of the page. It is written into the files, so a change builds a new release.',
      default: 'Hello from plain files',
      use: 'build',
    },
  ],
  components: [
    {
      name: 'site',
      kind: 'static',
      description: 'The files in public, served as they are built',
      settings: { build: { outputDirectory: 'dist' }, run: { port: 8080 } },
    },
  ],
  screenshot: 'templates/static-site.png',
};

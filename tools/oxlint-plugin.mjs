/** House rules that no linter has: no Server Actions, processes only in server/exec.ts, the environment only in server/config.ts. */
const report = (context, node, message) => context.report({ node, message });

export default {
  meta: { name: 'house' },
  rules: {
    'no-server-actions': {
      create: (context) => ({
        ExpressionStatement: (node) => {
          if (node.directive === 'use server') report(context, node, 'tRPC is the one API: no Server Actions (R5).');
        },
      }),
    },
    'no-process-env': {
      create: (context) => ({
        MemberExpression: (node) => {
          if (node.object.type === 'Identifier' && node.object.name === 'process' && node.property.name === 'env') {
            report(context, node, 'Read the environment in server/config.ts only.');
          }
        },
      }),
    },
  },
};

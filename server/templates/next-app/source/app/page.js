import { hostname } from 'node:os';
import { Counter } from './counter.js';

// Read at each request, so that a variable's new value needs no build.
export const dynamic = 'force-dynamic';

export default function Page() {
  const facts = {
    Release: process.env.RELEASE ?? 'local',
    Stage: process.env.STAGE ?? 'local',
    Instance: hostname(),
  };
  return (
    <main>
      <span className="badge">Next.js is running</span>
      <h1>{process.env.APP_GREETING ?? 'Hello from Next.js'}</h1>
      <p>
        Edit <code>app/page.js</code>, push, and deploy: the next release takes over without a lost request.
      </p>
      <Counter />
      <dl>
        {Object.entries(facts).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </main>
  );
}

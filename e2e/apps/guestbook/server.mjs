/** Rows of a table. It connects before it listens, and ends when it cannot: its database has to be there first. */
import { createServer } from 'node:http';
import postgres from 'postgres';

const sql = postgres(process.env.DATABASE_URL, { max: 4, connect_timeout: 5 });
await sql`create table if not exists entries (id serial primary key, text text not null)`;

const server = createServer(async (request, response) => {
  try {
    if (request.method === 'POST') await sql`insert into entries (text) values (${new URL(request.url, 'http://x').searchParams.get('text')})`;
    const rows = await sql`select text from entries order by id`;
    response.end(rows.map((row) => row.text).join(','));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
server.listen(Number(process.env.PORT), '0.0.0.0');
process.once('SIGTERM', () => server.close(() => void sql.end().then(() => process.exit(0))));

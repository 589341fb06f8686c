import { QueryClient } from '@tanstack/react-query';
import superjson from 'superjson';

/** One per browser tab, and one per request on the server. Dates and the like survive the way to the browser. */
export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, retry: 1, refetchOnWindowFocus: true },
      dehydrate: { serializeData: superjson.serialize },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });

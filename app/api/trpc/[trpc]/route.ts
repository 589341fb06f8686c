import { serveTrpc } from '#server/api/http.ts';
import { createContext } from '#server/api/request.ts';

const handle = (request: Request): Promise<Response> => serveTrpc(request, createContext);
export { handle as GET, handle as POST };

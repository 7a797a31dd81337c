// The whole of what the server knows, as one document.
//   GET /export   POST /import
import { AdminRefusal, type AdminServices, parseObjectBody, type Route } from './admin-request.ts';
import { exportDocument } from './export-document.ts';
import { prepareImport } from './import-document.ts';

export function documentRoutes(services: AdminServices): Route[] {
  return [
    { path: /^\/export$/, methods: { GET: () => exportDocument(services) } },
    {
      path: /^\/import$/,
      methods: {
        async POST({ body }) {
          const document = parseObjectBody(body);
          const { group } = document;
          if (group !== undefined && group !== services.group) {
            const reason = `this server's is ${JSON.stringify(services.group)}; take the member group out to import it here`;
            throw new AdminRefusal(409, `the document is of the group ${JSON.stringify(group)}, ${reason}`);
          }
          // All of it is checked here, before anything is written.
          const parts = prepareImport(services, document);
          for (const { write } of parts) await write();
          return Object.fromEntries(parts.map(({ kind, count }) => [kind, count]));
        },
      },
    },
  ];
}

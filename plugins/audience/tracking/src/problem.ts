/** Problem details as a response, with every wrong field. */
export function problem(
  status: number,
  code: string,
  title: string,
  errors: readonly { readonly path: string; readonly message: string }[] = [],
): Response {
  return new Response(
    JSON.stringify({ type: 'about:blank', title, status, code, ...(errors.length > 0 && { errors }) }),
    {
      status,
      headers: { 'content-type': 'application/problem+json' },
    },
  );
}

/** What the API, or the way to it, refused. `code` is stable; `message` is for people and says what to do. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The whole answer: some codes bring more, such as the fields that were wrong. */
    readonly body: Record<string, unknown> = {},
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
    this.name = "Problem";
  }
}

const UNREACHABLE = "Corofy cannot be reached. Check your connection; nothing you typed is lost.";

export function unreachable(): Problem {
  return new Problem(0, "unreachable", UNREACHABLE);
}

/** An answer that is no success, as a problem. Signing in answers as Supabase Auth does, everything else by RFC 9457. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = await response
    .clone()
    .json()
    .then((json: unknown) => (typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {}))
    .catch(() => ({}) as Record<string, unknown>);
  const said = body.detail ?? body.msg ?? body.error_description ?? body.title;
  const code = body.code ?? body.error_code ?? `http_${response.status}`;
  const after = Number(response.headers.get("Retry-After"));
  return new Problem(
    response.status,
    String(code),
    typeof said === "string" ? said : `The server answered ${response.status}. Try again in a moment.`,
    body,
    Number.isFinite(after) && after > 0 ? after : null,
  );
}

/** What to show for whatever was thrown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return unreachable();
  return new Problem(0, "unexpected", error instanceof Error ? error.message : "Something went wrong in this page.");
}

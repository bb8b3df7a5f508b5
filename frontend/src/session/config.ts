/** What this installation is like, from `/config.json`: read when the page opens, never built in. */
export type Config = {
  version: string;
  environment: "development" | "test" | "production";
  app_base_url: string;
  /** Stand-ins may play providers that have no key: searches, models and mails may be made up. */
  sandboxed: boolean;
  auth: {
    /** Corofy's own issuer speaks as Supabase Auth does. */
    provider: "corofy" | "supabase";
    /** What `/auth/v1` stands below; empty for this origin. */
    url: string;
    anon_key: string;
    sign_up: boolean;
    /** Null where Supabase decides. */
    confirms_addresses: boolean | null;
  };
};

let asked: Promise<Config> | null = null;

/** Rejects when it cannot be read; asked again then. */
export function config(): Promise<Config> {
  asked ??= fetch("/config.json", { cache: "no-cache" })
    .then((response) => {
      if (!response.ok) throw new Error(`Corofy does not answer (${response.status}). Try again in a moment.`);
      return response.json() as Promise<Config>;
    })
    .catch((error: unknown) => {
      asked = null;
      throw error;
    });
  return asked;
}

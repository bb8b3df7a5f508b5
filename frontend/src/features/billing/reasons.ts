import { capitalised } from "@/lib/sentences";

/** Why credits came or went, for people: Stripe's own names of invoices say nothing to them, and the invoices have a page. */
export function reasonOf(reason: string | null): string {
  return capitalised((reason ?? "").replace(/:? invoice in_\w+/, ""));
}

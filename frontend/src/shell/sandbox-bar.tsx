"use client";

import Link from "next/link";
import { $api } from "@/api/client";

/** Says on every page that some of what is seen is made up, where it is. */
export function SandboxBar() {
  const providers = $api.useQuery("get", "/v1/providers", {}, { staleTime: 60_000 });
  const made = (providers.data?.items ?? []).filter((one) => one.needed && one.mode === "sandbox");
  if (made.length === 0) return null;
  return (
    <aside aria-label="Sandbox" className="border-b bg-warn-soft px-4 py-1 text-center text-[0.8125rem] text-ink">
      Sandbox: results here are made up, and mails go to its own inbox only.{" "}
      <Link href="/settings/providers" className="font-medium underline underline-offset-2">
        Which parts
      </Link>
    </aside>
  );
}

"use client";

import { useSearchParams } from "next/navigation";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id that the address names (`/job?id=…`), or null: a static export has no paths with ids in them. */
export function useIdParam(name = "id"): string | null {
  const value = useSearchParams().get(name);
  return value !== null && ID.test(value) ? value : null;
}

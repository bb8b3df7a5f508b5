"use client";

import { $api } from "@/api/client";

export type Role = "viewer" | "member" | "admin" | "owner";

/** As the gateway has it in `domain/permissions.py`; it decides, this only spares people buttons that would refuse. */
const MAY = {
  jobs: ["member", "admin", "owner"],
  sending: ["member", "admin", "owner"],
  billing: ["admin", "owner"],
  settings: ["admin", "owner"],
  members: ["admin", "owner"],
  audit: ["admin", "owner"],
  ownership: ["owner"],
} satisfies Record<string, Role[]>;

export type Permission = keyof typeof MAY;

export function useMe() {
  return $api.useQuery("get", "/v1/me", {}, { staleTime: 60_000 });
}

/** Whether whoever is signed in may do this here; false while it is not known. */
export function useMay(permission: Permission): boolean {
  const role = useMe().data?.role;
  return role !== undefined && (MAY[permission] as string[]).includes(role);
}

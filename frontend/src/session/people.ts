"use client";

import { $api } from "@/api/client";
import { useMe } from "./me";

/** Names whoever did something: "you", a member by their address, or somebody who has left. */
export function usePeople(): (userId: string) => string {
  const me = useMe().data;
  const members = $api.useQuery("get", "/v1/members", { params: { query: { limit: 100 } } }, { staleTime: 300_000 });
  return (userId) => {
    if (userId === me?.user_id) return "You";
    const known = members.data?.items.find((member) => member.user_id === userId);
    return known?.email ?? "Somebody";
  };
}

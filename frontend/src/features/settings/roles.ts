import type { Role } from "@/session/me";

/** What members may do, in the order of their rights. */
export const ROLES: Record<Role, string> = {
  viewer: "Viewer: looks at everything",
  member: "Member: lists, jobs, campaigns",
  admin: "Admin: billing, settings and members too",
  owner: "Owner: everything",
};

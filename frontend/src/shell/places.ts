import {
  ChartNoAxesColumn,
  CreditCard,
  House,
  Layers,
  type LucideIcon,
  Mails,
  Rows3,
  Send,
  Settings,
  SquarePen,
  Upload,
  Users,
} from "lucide-react";

export type Place = {
  href: string;
  label: string;
  icon: LucideIcon;
  /** The second key after `g`. */
  key?: string;
  /** Other pages that belong to it. */
  also?: string[];
  /** What else people call it, for the palette. */
  words?: string;
};

/** The navigation, in its groups. */
export const PLACES: Place[][] = [
  [
    { href: "/", label: "Home", icon: House, key: "h" },
    { href: "/upload", label: "New job", icon: Upload, key: "u", words: "upload file csv xlsx paste import" },
    { href: "/jobs", label: "Jobs", icon: Rows3, key: "j", also: ["/job"], words: "research enrichment results" },
    { href: "/source", label: "Find leads", icon: Users, key: "f", also: ["/sourcing"], words: "apollo search people" },
    { href: "/catalogue", label: "Catalogue", icon: Layers, key: "c", words: "products rules pitch" },
  ],
  [
    { href: "/lists", label: "Lists", icon: Mails, key: "l", also: ["/list"], words: "recipients leads" },
    { href: "/campaigns", label: "Campaigns", icon: Send, key: "m", also: ["/campaign"], words: "mails sequence" },
    { href: "/templates", label: "Templates", icon: SquarePen, key: "t", also: ["/template"], words: "mail text" },
    {
      href: "/sending",
      label: "Sending",
      icon: ChartNoAxesColumn,
      key: "s",
      also: ["/sending/dead-letters", "/sending/unknown"],
      words: "quota forecast calendar dead letters unknown",
    },
  ],
  [
    { href: "/billing", label: "Billing", icon: CreditCard, key: "b", words: "plan packs invoices ledger proof caps" },
    { href: "/settings", label: "Settings", icon: Settings, key: "e", words: "members keys mailboxes webhooks" },
  ],
];

export function isHere(place: Place, path: string): boolean {
  return (
    path === place.href ||
    (place.also ?? []).includes(path) ||
    (place.href !== "/" && path.startsWith(`${place.href}/`))
  );
}

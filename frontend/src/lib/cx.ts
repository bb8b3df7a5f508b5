import { type ClassValue, clsx } from "clsx";
import { createTailwindMerge } from "tailwind-merge";

const any = () => true;
const group = (name: string) => [{ [name]: [any] }];
const TEXT_SIZES = ["xs", "sm", "base", "lg", "xl", "2xl", (value: string) => value.startsWith("[")];
const SURFACES = [
  "ground",
  "surface",
  "sunken",
  "hover",
  "accent",
  "accent-soft",
  "good-soft",
  "warn-soft",
  "bad-soft",
];

/** Only what a caller of a component may set anew: its size and its distances. All of Tailwind would weigh three times that. */
const merge = createTailwindMerge(() => ({
  cacheSize: 500,
  prefix: undefined,
  theme: {},
  classGroups: {
    h: group("h"),
    w: group("w"),
    size: group("size"),
    "min-w": group("min-w"),
    "max-w": group("max-w"),
    "min-h": group("min-h"),
    p: group("p"),
    px: group("px"),
    py: group("py"),
    pl: group("pl"),
    pr: group("pr"),
    m: group("m"),
    mt: group("mt"),
    mb: group("mb"),
    gap: group("gap"),
    "gap-x": group("gap-x"),
    "gap-y": group("gap-y"),
    "text-size": [{ text: TEXT_SIZES }],
    "text-align": [{ text: ["left", "center", "right"] }],
    "text-colour": [{ text: [any] }],
    background: [{ bg: SURFACES }],
  },
  conflictingClassGroups: {
    size: ["w", "h"],
    p: ["px", "py", "pl", "pr"],
    px: ["pl", "pr"],
    m: ["mt", "mb"],
    gap: ["gap-x", "gap-y"],
  },
  conflictingClassGroupModifiers: {},
  orderSensitiveModifiers: [],
}));

/** Class names, of which the last of each kind wins: what a caller asks for stands over what a component has. */
export function cx(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}

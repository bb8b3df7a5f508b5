import { type Schemas, api } from "@/api/client";
import { useAction } from "@/api/use-action";
import { plural } from "@/lib/format";

const REFRESH = [
  ["get", "/v1/dead-letters"],
  ["get", "/v1/dead-letters/causes"],
  ["get", "/v1/campaigns"],
];
type Choice = Schemas["DeadLetterChoice"];

/** Sends the chosen ones again, or lets them be; both go on until all are through, 500 at once. */
export function useDeeds(onDone?: () => void) {
  const replay = useAction(
    async (choice: Choice) => {
      const sum = { replayed: 0, kept: 0 };
      let cursor: string | null = null;
      do {
        const page: Schemas["ReplayedOut"] = (
          await api.POST("/v1/dead-letters/replay", { body: { ...choice, cursor } })
        ).data!;
        sum.replayed += page.replayed;
        sum.kept += Object.values(page.kept).reduce<number>((all, one) => all + Number(one), 0);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return sum;
    },
    {
      refresh: REFRESH,
      onDone,
      done: ({ replayed, kept }) =>
        `${plural(replayed, "mail")} will be sent again${kept ? `; ${plural(kept, "one")} cannot be` : ""}`,
    },
  );
  const discard = useAction(
    async (choice: Choice) => {
      let discarded = 0;
      let more = true;
      while (more) {
        const page: Schemas["DiscardedOut"] = (await api.POST("/v1/dead-letters/discard", { body: choice })).data!;
        discarded += page.discarded;
        more = page.more && page.discarded > 0;
      }
      return discarded;
    },
    { refresh: REFRESH, onDone, done: (discarded) => `${plural(discarded, "mail")} will not be sent` },
  );
  return { replay, discard };
}

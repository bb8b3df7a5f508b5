"use client";

import { FlaskConical, Plus } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { Button } from "@/ui/button";
import { PageHeader, Section } from "@/ui/page";
import { Loaded, Notice } from "@/ui/states";
import type { Catalogue, Opened } from "./catalogue";
import { CatalogueMenu } from "./catalogue-menu";
import { NothingYet } from "./nothing-yet";
import { Products } from "./products";
import { Rules } from "./rules";
import { useCatalogue, useMayChange } from "./use-catalogue";

const ProductDialog = lazy(() => import("./product-dialog"));
const RulePanel = lazy(() => import("./rule-panel"));
const TryRow = lazy(() => import("./try-row"));
const Versions = lazy(() => import("./versions"));
const ImportDialog = lazy(() => import("./import-dialog"));

/** What is sold, and who is offered what. */
export function CataloguePage() {
  const catalogue = useCatalogue();
  const [opened, setOpened] = useState<Opened>(null);
  const may = useMayChange();
  const empty = catalogue.data?.products.length === 0;
  return (
    <>
      <PageHeader
        title="Catalogue"
        description="What you sell, and rules that choose what each row of a list is offered. A list keeps the catalogue it began with."
        actions={
          catalogue.data && (
            <>
              {!empty && (
                <>
                  <Button icon={<FlaskConical aria-hidden />} onClick={() => setOpened({ what: "try" })}>
                    Try a row
                  </Button>
                  {may && (
                    <Button
                      look="primary"
                      icon={<Plus aria-hidden />}
                      onClick={() => setOpened({ what: "rule", id: null })}
                    >
                      Add rule
                    </Button>
                  )}
                </>
              )}
              <CatalogueMenu seen={catalogue.data} onOpen={setOpened} />
            </>
          )
        }
      />
      <Loaded query={catalogue}>
        {(seen) => (
          <>
            {empty ? <NothingYet seen={seen} onOpen={setOpened} /> : <Filled seen={seen} onOpen={setOpened} />}
            <Suspense>
              <Open seen={seen} opened={opened} onClose={() => setOpened(null)} />
            </Suspense>
          </>
        )}
      </Loaded>
    </>
  );
}

function Filled({ seen, onOpen }: { seen: Catalogue; onOpen: (opened: Opened) => void }) {
  const may = useMayChange();
  return (
    <>
      {!may && <Notice className="mb-5">Members, admins and owners change the catalogue.</Notice>}
      <Section title="Rules" description="Tried from the top: the first that holds decides.">
        <Rules seen={seen} onOpen={(id) => onOpen({ what: "rule", id })} />
      </Section>
      <Section
        title="Products"
        actions={may && <Button onClick={() => onOpen({ what: "product", id: null })}>Add product</Button>}
      >
        <Products seen={seen} onOpen={(id) => onOpen({ what: "product", id })} />
      </Section>
    </>
  );
}

function Open({ seen, opened, onClose }: { seen: Catalogue; opened: Opened; onClose: () => void }) {
  switch (opened?.what) {
    case "product":
      return <ProductDialog key={opened.id} seen={seen} id={opened.id} onClose={onClose} />;
    case "rule":
      return <RulePanel key={opened.id} seen={seen} id={opened.id} onClose={onClose} />;
    case "try":
      return <TryRow seen={seen} onClose={onClose} />;
    case "versions":
      return <Versions seen={seen} onClose={onClose} />;
    case "import":
      return <ImportDialog seen={seen} onClose={onClose} />;
    default:
      return null;
  }
}

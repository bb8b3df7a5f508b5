import type { Schemas } from "@/api/client";
import { Fact, Facts } from "@/ui/page";
import { Sources } from "./evidence";
import { Part } from "./part";

/** Which product was chosen for the row, by what, and why. */
export function Product({ product }: { product: Schemas["ProductOut"] }) {
  return (
    <Part
      title="Product"
      aside={<span className="text-ink-faint">catalogue, version {product.catalogue_version}</span>}
    >
      <Facts>
        <Fact name="Offered">
          <span className="font-medium">{product.name}</span>
        </Fact>
        <Fact name="Pitch">{product.pitch}</Fact>
        <Fact name="Chosen by">{product.chosen_by === "rule" ? `your rule “${product.rule}”` : "what was found"}</Fact>
        <Fact name="Why">
          {product.why}
          {product.snippet && (
            <blockquote className="mt-1 border-l-2 border-line-strong pl-3 text-[0.8125rem] text-ink-soft">
              “{product.snippet}”
              <Sources sources={product.sources} />
            </blockquote>
          )}
        </Fact>
      </Facts>
    </Part>
  );
}

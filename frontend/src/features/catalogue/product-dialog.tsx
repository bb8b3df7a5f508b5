"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog-parts";
import { Field, Input, Textarea } from "@/ui/field";
import { Failure } from "@/ui/states";
import { type Catalogue, type Product, idOf } from "./catalogue";
import { useChange, useMayChange } from "./use-catalogue";

const FRESH: Product = { id: "", name: "", pitch: "", description: "", offer_when: "" };

/** A product to add, or one to change. */
export default function ProductDialog({
  seen,
  id,
  onClose,
}: {
  seen: Catalogue;
  id: string | null;
  onClose: () => void;
}) {
  const kept = seen.products.find((product) => product.id === id);
  const [product, setProduct] = useState<Product>(kept ?? FRESH);
  const may = useMayChange();
  const save = useChange(
    seen,
    ({ id: own, ...words }: Product, header) =>
      own
        ? api.PATCH("/v1/catalogue/products/{product_id}", {
            body: words,
            params: { path: { product_id: own }, header },
          })
        : api.POST("/v1/catalogue/products", {
            body: {
              ...words,
              id: idOf(
                words.name,
                seen.products.map((one) => one.id),
              ),
            },
            params: { header },
          }),
    { done: `${product.name} is ${kept ? "saved" : "added"}`, quiet: true, onDone: onClose },
  );
  const remove = useChange(
    seen,
    (own: string, header) =>
      api.DELETE("/v1/catalogue/products/{product_id}", { params: { path: { product_id: own }, header } }),
    { done: `${product.name} is removed. Versions has it still.`, quiet: true, onDone: onClose },
  );
  const error = save.error ?? remove.error;
  const set = (part: Partial<Product>) => setProduct((now) => ({ ...now, ...part }));
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={kept ? kept.name : "Add a product"}
      actions={
        may && (
          <>
            {kept && (
              <Button look="danger" className="mr-auto" busy={remove.isPending} onClick={() => remove.mutate(kept.id)}>
                Remove
              </Button>
            )}
            <Button look="primary" type="submit" form="product" busy={save.isPending}>
              {kept ? "Save" : "Add product"}
            </Button>
          </>
        )
      }
    >
      <form
        id="product"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ ...product, name: product.name.trim() });
        }}
      >
        {error && <Failure error={error} />}
        <fieldset disabled={!may} className="flex flex-col gap-4">
          <Field label="Name">
            <Input
              required
              autoFocus={!kept}
              maxLength={100}
              value={product.name}
              onChange={(event) => set({ name: event.target.value })}
            />
          </Field>
          <Field
            label="What a line offers"
            hint="Goes on from “we make”, such as “a zinc-free package for hydraulic fluids”."
          >
            <Textarea maxLength={500} value={product.pitch} onChange={(event) => set({ pitch: event.target.value })} />
          </Field>
          <Field label="Whom it is for" aside="Optional" hint="Read by the model where no rule holds.">
            <Textarea
              maxLength={1000}
              value={product.offer_when}
              onChange={(event) => set({ offer_when: event.target.value })}
            />
          </Field>
          <Field label="Description" aside="Optional">
            <Textarea
              maxLength={1000}
              value={product.description}
              onChange={(event) => set({ description: event.target.value })}
            />
          </Field>
        </fieldset>
      </form>
    </Dialog>
  );
}

ALTER TABLE "artifacts" ADD COLUMN "missing_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "artifacts" ADD COLUMN "image_gone_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "artifacts_to_remove" ON "artifacts" USING btree ("removed_at") WHERE removed_at is not null and image_gone_at is null;
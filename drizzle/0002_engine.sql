ALTER TABLE "release_components" ADD COLUMN "built" jsonb;--> statement-breakpoint
ALTER TABLE "releases" ADD COLUMN "report_base" jsonb;
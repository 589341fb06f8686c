CREATE TABLE "metric_points" (
	"org_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"component_id" text NOT NULL,
	"instance_id" text NOT NULL,
	"step_seconds" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"cpu_millis" real NOT NULL,
	"memory_bytes" bigint NOT NULL,
	"memory_limit_bytes" bigint NOT NULL,
	"processes" integer NOT NULL,
	"received_bytes" bigint NOT NULL,
	"sent_bytes" bigint NOT NULL,
	"read_bytes" bigint NOT NULL,
	"written_bytes" bigint NOT NULL,
	CONSTRAINT "metric_points_instance_id_step_seconds_at_pk" PRIMARY KEY("instance_id","step_seconds","at")
);
--> statement-breakpoint
ALTER TABLE "metric_points" ADD CONSTRAINT "metric_points_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "metric_points" ADD CONSTRAINT "metric_points_deployment_id_deployments_id_fk" FOREIGN KEY ("deployment_id") REFERENCES "public"."deployments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "metric_points_window" ON "metric_points" USING btree ("org_id","deployment_id","step_seconds","at");--> statement-breakpoint
CREATE INDEX "metric_points_age" ON "metric_points" USING btree ("step_seconds","at");
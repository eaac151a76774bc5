-- Every step of a delivery changes updated_at; who looks up a person's deliveries of a template finds few anyway.
DROP INDEX deliveries_user /*! ON deliveries */;

CREATE INDEX deliveries_user ON deliveries (user_id, template_id);

-- For whom payment methods are saved at the provider.
CREATE TABLE customers (
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  is_gone @BIGINT NOT NULL CHECK (is_gone IN (0, 1)),
  PRIMARY KEY (tenant_id, user_id)
) @NARROW_TABLE;

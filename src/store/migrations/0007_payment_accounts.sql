-- The provider's account in which a tenant's checkouts are paid.
CREATE TABLE payment_accounts (
  tenant_id TEXT NOT NULL,
  account TEXT NOT NULL,
  PRIMARY KEY (tenant_id)
) @NARROW_TABLE;

-- Money that went back or is contested, and how far the provider's list of events has been read.

CREATE TABLE refunds (
  tenant_id TEXT NOT NULL,
  refund_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  payment_intent_id TEXT NOT NULL,
  amount @BIGINT NOT NULL CHECK (amount >= 0),
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at @BIGINT NOT NULL,
  updated_at @BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, refund_id),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @NARROW_TABLE;
CREATE INDEX refunds_of_saga ON refunds (tenant_id, saga_id, created_at, refund_id);

CREATE TABLE disputes (
  tenant_id TEXT NOT NULL,
  dispute_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  payment_intent_id TEXT NOT NULL,
  amount @BIGINT NOT NULL CHECK (amount >= 0),
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at @BIGINT NOT NULL,
  updated_at @BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, dispute_id),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @NARROW_TABLE;
CREATE INDEX disputes_of_saga ON disputes (tenant_id, saga_id, created_at, dispute_id);

CREATE TABLE event_sweeps (
  tenant_id TEXT NOT NULL,
  read_until @BIGINT NOT NULL,
  PRIMARY KEY (tenant_id)
) @NARROW_TABLE;

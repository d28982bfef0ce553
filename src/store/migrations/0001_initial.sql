-- The tables of a store. The words with an at sign are expanded for the engine at hand (sql/migrate.hpp).
-- Times are Unix milliseconds, documents are JSON text. Every key starts with the tenant.
-- A released migration is never edited; the next change is the next number.

CREATE TABLE carts (
  tenant_id TEXT NOT NULL,
  cart_id TEXT NOT NULL,
  updated_at @BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, cart_id)
) @NARROW_TABLE;

CREATE TABLE cart_items (
  tenant_id TEXT NOT NULL,
  cart_id TEXT NOT NULL,
  position @BIGINT NOT NULL CHECK (position >= 0),
  product_id TEXT NOT NULL,
  quantity @BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
  PRIMARY KEY (tenant_id, cart_id, position),
  FOREIGN KEY (tenant_id, cart_id) REFERENCES carts (tenant_id, cart_id)
) @NARROW_TABLE;

CREATE TABLE stock (
  tenant_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  initial @BIGINT NOT NULL,
  reserved @BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  sold @BIGINT NOT NULL DEFAULT 0 CHECK (sold >= 0),
  PRIMARY KEY (tenant_id, product_id),
  CHECK (reserved + sold <= initial)
) @NARROW_TABLE;

CREATE TABLE sagas (
  tenant_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  cart_id TEXT NOT NULL,
  seq @BIGINT NOT NULL CHECK (seq >= 1),  -- order of creation among the sagas of one user
  status TEXT NOT NULL CHECK (status IN ('pending', 'in_progress', 'payment_pending', 'completed',
                                         'compensating', 'compensated', 'failed')),
  version @BIGINT NOT NULL CHECK (version >= 1),
  fence @BIGINT NOT NULL DEFAULT 0 CHECK (fence >= 0),
  lease_owner TEXT,
  lease_until @BIGINT,
  created_at @BIGINT NOT NULL,
  updated_at @BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (tenant_id, saga_id),
  CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) @TABLE;
CREATE UNIQUE INDEX sagas_of_user ON sagas (tenant_id, user_id, seq);
CREATE INDEX sagas_of_user_by_status ON sagas (tenant_id, user_id, status, seq);
CREATE INDEX sagas_live ON sagas (tenant_id, user_id, cart_id, seq)
  WHERE status NOT IN ('completed', 'compensated', 'failed');

CREATE TABLE saga_events (
  tenant_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  sequence @BIGINT NOT NULL CHECK (sequence >= 1),
  type TEXT NOT NULL,
  actor TEXT NOT NULL,
  from_status TEXT NOT NULL,
  to_status TEXT NOT NULL,
  data TEXT NOT NULL,
  at @BIGINT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (tenant_id, saga_id, sequence),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @TABLE;

-- Which saga a Checkout Session or PaymentIntent belongs to.
CREATE TABLE saga_payments (
  tenant_id TEXT NOT NULL,
  object_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, object_id),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @NARROW_TABLE;

CREATE TABLE idempotency_keys (
  tenant_id TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  argument_digest TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, idempotency_key),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @NARROW_TABLE;

CREATE TABLE reservations (
  tenant_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  quantity @BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
  state TEXT NOT NULL CHECK (state IN ('held', 'sold', 'released')),
  PRIMARY KEY (tenant_id, saga_id, product_id),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id),
  FOREIGN KEY (tenant_id, product_id) REFERENCES stock (tenant_id, product_id)
) @NARROW_TABLE;

CREATE TABLE calls (
  tenant_id TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  seq @BIGINT NOT NULL CHECK (seq >= 1),  -- order among the calls of one saga
  step TEXT NOT NULL,
  attempt @BIGINT NOT NULL CHECK (attempt >= 1),
  operation TEXT NOT NULL,
  path TEXT NOT NULL,
  body TEXT NOT NULL,
  body_digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('started', 'succeeded', 'failed', 'unknown')),
  result TEXT NOT NULL,
  created_at @BIGINT NOT NULL,
  updated_at @BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, idempotency_key),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @TABLE;
CREATE UNIQUE INDEX calls_of_saga ON calls (tenant_id, saga_id, seq);

CREATE TABLE timers (
  tenant_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment_check', 'resume')),
  due_at @BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, saga_id, kind),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @NARROW_TABLE;
CREATE INDEX timers_due ON timers (due_at, tenant_id, saga_id, kind);

CREATE TABLE orders (
  tenant_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  seq @BIGINT NOT NULL CHECK (seq >= 1),  -- order of creation among the orders of one user
  status TEXT NOT NULL CHECK (status IN ('awaiting_payment', 'confirmed', 'cancelled', 'refunded')),
  created_at @BIGINT NOT NULL,
  updated_at @BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (tenant_id, order_id),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @TABLE;
CREATE UNIQUE INDEX orders_of_user ON orders (tenant_id, user_id, seq);

CREATE TABLE inbox_events (
  tenant_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('applied', 'parked', 'ignored')),
  received_at @BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, event_id)
) @TABLE;
CREATE INDEX inbox_parked ON inbox_events (tenant_id, object_id, received_at, event_id) WHERE state = 'parked';

CREATE TABLE outbox_messages (
  tenant_id TEXT NOT NULL,
  email_id TEXT NOT NULL,
  saga_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts @BIGINT NOT NULL CHECK (attempts >= 0),
  due_at @BIGINT NOT NULL,
  delivered_at @BIGINT,
  PRIMARY KEY (tenant_id, email_id),
  FOREIGN KEY (tenant_id, saga_id) REFERENCES sagas (tenant_id, saga_id)
) @TABLE;
CREATE INDEX outbox_due ON outbox_messages (due_at, tenant_id, email_id) WHERE delivered_at IS NULL;

-- A cart is bought once, whoever started its checkout.
DROP INDEX sagas_live;
CREATE INDEX sagas_live_by_cart ON sagas (tenant_id, cart_id, seq)
    WHERE status NOT IN ('completed', 'compensated', 'failed');

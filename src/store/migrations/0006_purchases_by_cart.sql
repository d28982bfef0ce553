-- What was bought from a cart is told to whoever finds it empty.
CREATE INDEX sagas_completed_by_cart ON sagas (tenant_id, cart_id, created_at, saga_id)
    WHERE status = 'completed';

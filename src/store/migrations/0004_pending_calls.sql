-- A call without an outcome becomes a member of its checkout: the last one of a checkout that earlier releases
-- have left waiting for an answer. (Their documents say outcomeUnknown, or the process died during the call.)

UPDATE sagas SET doc = json_set(doc, '$.call', (
  SELECT json_object('operation', c.operation, 'idempotencyKey', c.idempotency_key, 'plannedAt', c.created_at,
                     'unanswered', CASE c.state WHEN 'unknown' THEN 1 ELSE 0 END,
                     'owedRefund', json(CASE WHEN c.operation = 'refund' AND
                         json_array_length(COALESCE(json_extract(sagas.doc, '$.refundsOwed'), '[]')) > 0
                       THEN 'true' ELSE 'false' END))
  FROM calls c WHERE c.tenant_id = sagas.tenant_id AND c.saga_id = sagas.saga_id ORDER BY c.seq DESC LIMIT 1))
WHERE (SELECT c.state FROM calls c WHERE c.tenant_id = sagas.tenant_id AND c.saga_id = sagas.saga_id
       ORDER BY c.seq DESC LIMIT 1) IN ('started', 'unknown')
  AND (status IN ('in_progress', 'compensating')
       OR json_extract(doc, '$.payment.outcomeUnknown') = 1
       OR json_array_length(COALESCE(json_extract(doc, '$.refundsOwed'), '[]')) > 0);

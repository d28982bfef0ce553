-- `stock` of the configuration is what is on the shelf when its number is first seen or changes. Until now it was
-- all that would ever be sold, so a store that comes from there keeps what it has: its number counts as seen.

ALTER TABLE stock ADD COLUMN configured @BIGINT;  -- NULL: the configuration gives none, so nothing is limited

UPDATE stock SET configured = initial;

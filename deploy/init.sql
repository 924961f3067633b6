-- Prefect's own database, beside `lake`, which is the catalog of the warehouse.
CREATE DATABASE prefect OWNER prflow;

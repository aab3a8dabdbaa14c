-- Provider account: Share sales data with partner company
CREATE SHARE sales_data_share;

-- Grant access to specific database and tables
GRANT USAGE ON DATABASE sales_db TO SHARE sales_data_share;
GRANT USAGE ON SCHEMA sales_db.public TO SHARE sales_data_share;
GRANT SELECT ON TABLE sales_db.public.transactions TO SHARE sales_data_share;

-- Add consumer account (partner company)
ALTER SHARE sales_data_share ADD ACCOUNTS = partner_org_account;

-- Consumer account: Access shared data without copying
-- Creates a database from the share - no data transfer occurs
CREATE DATABASE partner_sales_data FROM SHARE provider_account.sales_data_share;

-- Query shared data - reads directly from provider's storage
SELECT product_id, SUM(amount) as revenue
FROM partner_sales_data.public.transactions
WHERE date >= CURRENT_DATE - 30
GROUP BY product_id;

-- Provider pays storage costs, consumer pays their query compute costs
-- Data remains in provider's storage, zero bytes transferred for sharing

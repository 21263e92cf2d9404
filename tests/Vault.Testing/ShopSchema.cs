namespace Vault.Testing;

/// <summary>A shop that uses about everything of PostgreSQL that a dump could lose.</summary>
public static class ShopSchema
{
    public static async Task SeedAsync(PostgresCluster cluster, string database, int orders = 2000)
    {
        await cluster.ExecuteAsync(database, Roles);
        await cluster.ExecuteAsync(database, Schema);
        await cluster.ExecuteAsync(database, Rows.Replace("{orders}", orders.ToString()));
        await cluster.ExecuteAsync(database, "REFRESH MATERIALIZED VIEW shop.revenue");
    }

    private const string Roles = """"
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_reader') THEN CREATE ROLE shop_reader; END IF;
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'Shop Owner') THEN CREATE ROLE "Shop Owner"; END IF;
        END $$
        """";

    private const string Schema = """"
        CREATE SCHEMA shop AUTHORIZATION "Shop Owner";
        CREATE TYPE shop.state AS ENUM ('new', 'paid', 'on its way', 'done');
        CREATE DOMAIN shop.email AS text CHECK (VALUE LIKE '%@%');
        CREATE TABLE shop.customers (
          id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mail shop.email,
          tags text[] NOT NULL DEFAULT '{}', profile jsonb, raw json, photo bytea,
          born date, joined_at timestamptz NOT NULL DEFAULT now(), upper_name text GENERATED ALWAYS AS (upper(name)) STORED);
        CREATE TABLE shop."Odd ""Names""" ("Key with blank" int PRIMARY KEY, "COPY" text, "select" numeric(20, 6));
        CREATE SEQUENCE shop.invoice_numbers START 1000 INCREMENT 7;
        CREATE TABLE shop.orders (
          id bigint NOT NULL, placed_on date NOT NULL, customer_id int NOT NULL REFERENCES shop.customers ON DELETE CASCADE,
          state shop.state NOT NULL DEFAULT 'new', total numeric(12, 2) NOT NULL CHECK (total >= 0),
          invoice bigint DEFAULT nextval('shop.invoice_numbers'), note text, PRIMARY KEY (id, placed_on)) PARTITION BY RANGE (placed_on);
        CREATE TABLE shop.orders_2025 PARTITION OF shop.orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE shop.orders_2026 PARTITION OF shop.orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE TABLE shop.scans (customer_id int PRIMARY KEY REFERENCES shop.customers, content oid NOT NULL);
        CREATE TABLE shop.log (at timestamptz DEFAULT clock_timestamp(), what text);
        CREATE TABLE shop.empty (nothing int);
        CREATE INDEX customers_tags ON shop.customers USING gin (tags);
        CREATE UNIQUE INDEX customers_mail ON shop.customers (lower(mail)) WHERE mail IS NOT NULL;
        CREATE VIEW shop.open_orders AS SELECT o.*, c.name FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id WHERE o.state <> 'done';
        CREATE MATERIALIZED VIEW shop.revenue AS SELECT date_trunc('month', placed_on) AS month, sum(total) AS total FROM shop.orders GROUP BY 1;
        CREATE FUNCTION shop.note_change() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
          -- A body that looks like the lines a dump is judged by:
          /*
        -- Data for Name: x; Type: TABLE DATA; Schema: public; Owner: x
        -- PostgreSQL database dump complete
          */
          INSERT INTO shop.log (what) VALUES (TG_OP || ' ' || NEW.id);
          RETURN NEW;
        END $f$;
        CREATE TRIGGER orders_noted AFTER UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.note_change();
        COMMENT ON TABLE shop.customers IS 'Who buys; it''s "quoted" \ back';
        COMMENT ON COLUMN shop.customers.mail IS 'one @ at least';
        GRANT USAGE ON SCHEMA shop TO shop_reader;
        GRANT SELECT ON shop.customers TO shop_reader;
        GRANT SELECT (id, total), UPDATE (note) ON shop.orders TO shop_reader;
        ALTER TABLE shop.customers OWNER TO "Shop Owner";
        ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO shop_reader
        """";

    private const string Rows = """"
        INSERT INTO shop.customers (name, mail, tags, profile, raw, photo, born, joined_at)
        SELECT 'Ünï ' || g || E'\ttab\nline\\.\n', CASE WHEN g % 3 > 0 THEN 'c' || g || '@example.org' END,
               ARRAY['a,b', 'q"' || g, NULL], jsonb_build_object('n', g, 'deep', jsonb_build_array(g, NULL, 'é')), '{"b":1,  "a" : 2}',
               decode(md5(g::text) || '00ff0a5c', 'hex'), date '1970-01-01' + g, timestamptz '2025-01-01 00:00+00' + g * interval '1 hour'
        FROM generate_series(1, 500) g;
        INSERT INTO shop."Odd ""Names""" SELECT g, CASE g % 4 WHEN 0 THEN '\.' WHEN 1 THEN '' WHEN 2 THEN NULL ELSE '\N' END, g / 7.0 FROM generate_series(1, 100) g;
        INSERT INTO shop.orders (id, placed_on, customer_id, state, total, note)
        SELECT g, date '2025-06-01' + (g % 400), 1 + g % 500, (enum_range(NULL::shop.state))[1 + g % 4], g * 1.01, repeat(md5(g::text), 4)
        FROM generate_series(1, {orders}) g;
        UPDATE shop.orders SET note = NULL WHERE id % 97 = 0;
        INSERT INTO shop.scans SELECT g, lo_from_bytea(0, decode(repeat(md5(g::text), 300), 'hex')) FROM generate_series(1, 20) g;
        DO $$ DECLARE one oid := (SELECT min(content::bigint)::oid FROM shop.scans);
        BEGIN EXECUTE format('COMMENT ON LARGE OBJECT %s IS ''first scan''; GRANT SELECT ON LARGE OBJECT %s TO shop_reader', one, one); END $$
        """";
}

-- The tables that golden files and the binder's tests are about. No rows: nothing here is run.
-- Each store has the tables it would have: a column's type and key are what it reports of them.

CREATE TABLE people (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  city TEXT,
  age INTEGER,
  height DOUBLE PRECISION,
  born DATE,
  active BOOLEAN
);
CREATE TABLE orders (
  order_id BIGINT PRIMARY KEY,
  person_id INTEGER,
  total DECIMAL(10, 2),
  ordered TIMESTAMP NOT NULL,
  seen TIMESTAMPTZ,
  note TEXT
);
CREATE TABLE items (
  order_id BIGINT,
  line SMALLINT,
  product TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  price DECIMAL(8, 2),
  weight REAL,
  PRIMARY KEY (order_id, line)
);
-- Names as documents have them; two that differ in case only.
CREATE TABLE "customerNotes" ("firstName" TEXT, "createdAt" TIMESTAMP, "value" INTEGER, "Value" TEXT);

-- What only the sections `mongo` and `cql` are about: the store's name comes first. In `ring` the
-- first key column is the partition key, the others are the clustering.
CREATE TABLE docs.users (_id TEXT PRIMARY KEY, name TEXT, city TEXT, age INTEGER, born TIMESTAMP);
CREATE TABLE docs.purchases (_id TEXT PRIMARY KEY, person TEXT, total DOUBLE PRECISION, at TIMESTAMP);
CREATE TABLE ring.readings (sensor TEXT, at TIMESTAMP, value DOUBLE PRECISION, note TEXT, PRIMARY KEY (sensor, at));

-- A collection of nested documents.
CREATE TABLE docs.baskets (_id TEXT PRIMARY KEY, address STRUCT(city TEXT, geo STRUCT(lat DOUBLE PRECISION)), tags TEXT[], items STRUCT(sku TEXT, qty INTEGER)[]);

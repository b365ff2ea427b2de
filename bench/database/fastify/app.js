// The six classic tests in Fastify with pg: prepared statements by their names, JSON by schemas, a page by Handlebars.
"use strict";

const { Pool } = require("pg");
const fastify = require("fastify")({ logger: false });

// In production it compiles a template once; Handlebars escapes what it puts in.
fastify.register(require("@fastify/view"), {
  engine: { handlebars: require("handlebars") },
  root: __dirname,
  production: true,
});

const port = Number(process.argv[2]);
const size = Number(process.env.BENCH_POOL);
const ROWS = 10000;
// Host, user and database are in the environment, where all drivers look: PGHOST, PGUSER, PGDATABASE.
const pool = new Pool({ min: size, max: size });

const READ_ROW = { name: "row", text: "SELECT id, randomnumber FROM world WHERE id = $1" };
const READ_FORTUNES = { name: "fortunes", text: "SELECT id, message FROM fortune" };
const WRITE_ROWS = {
  name: "write",
  text:
    "UPDATE world SET randomnumber = new.n FROM unnest($1::int[], $2::int[]) AS new (id, n) WHERE world.id = new.id",
};

const integer = { type: "integer" };
const row = { type: "object", properties: { id: integer, randomNumber: integer }, required: ["id", "randomNumber"] };
const message = { type: "object", properties: { message: { type: "string" } }, required: ["message"] };
const answers = (schema) => ({ schema: { response: { 200: schema } } });

const random = () => Math.floor(Math.random() * ROWS) + 1;

function clamped(text) {
  return /^\s*-?\d+\s*$/.test(text || "") ? Math.min(Math.max(Number(text), 1), 500) : 1;
}

async function readRow(client, id) {
  const found = await client.query({ ...READ_ROW, values: [id] });
  return { id: found.rows[0].id, randomNumber: found.rows[0].randomnumber };
}

async function readRows(client, ids) {
  const rows = [];
  for (const id of ids) rows.push(await readRow(client, id));
  return rows;
}

async function withClient(work) {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

fastify.addHook("onRequest", async (request, reply) => {
  reply.header("server", "fastify");
});

fastify.get("/json", answers(message), async () => ({ message: "Hello, World!" }));

fastify.get("/plaintext", async (request, reply) => reply.type("text/plain; charset=utf-8").send("Hello, World!"));

fastify.get("/db", answers(row), async () => withClient((client) => readRow(client, random())));

fastify.get("/queries", answers({ type: "array", items: row }), async (request) =>
  withClient((client) => readRows(client, Array.from({ length: clamped(request.query.queries) }, random))),
);

fastify.get("/fortunes", async (request, reply) => {
  const found = (await withClient((client) => client.query(READ_FORTUNES))).rows;
  found.push({ id: 0, message: "Additional fortune added at request time." });
  found.sort((one, other) => (one.message < other.message ? -1 : 1));
  return reply.view("fortunes.hbs", { fortunes: found });
});

fastify.get("/updates", answers({ type: "array", items: row }), async (request) => {
  const ids = new Set();
  for (const count = clamped(request.query.queries); ids.size < count; ) ids.add(random());
  return withClient(async (client) => {
    const rows = await readRows(client, [...ids].sort((one, other) => one - other));
    for (const one of rows) one.randomNumber = random();
    await client.query({
      ...WRITE_ROWS,
      values: [rows.map((one) => one.id), rows.map((one) => one.randomNumber)],
    });
    return rows;
  });
});

fastify.listen({ host: "127.0.0.1", port }).catch((error) => {
  console.error(error);
  process.exit(1);
});

// The works in Fastify, with the JSON schemas that make it fast. Its answers lack a Server header, so it is added.
"use strict";

const work = process.env.BENCH_WORK || "";
const port = Number(process.argv[2]);
const { Readable } = require("node:stream");
const fastify = require("fastify")({ logger: false });

const string = { type: "string" };
const integer = { type: "integer" };
const number = { type: "number" };
const nullableString = { type: ["string", "null"] };
const object = (properties, required = Object.keys(properties)) => ({ type: "object", properties, required });
const message = { schema: { response: { 200: object({ message: string }) } } };

fastify.addHook("onRequest", async (request, reply) => {
  reply.header("server", "fastify");
});

fastify.get("/json", message, async () => ({ message: "Hello, World!" }));

fastify.get(
  "/items/:item_id",
  {
    schema: {
      params: object({ item_id: integer }),
      querystring: object({ q: string }, []),
      response: { 200: object({ item_id: integer, q: nullableString }) },
    },
  },
  async (request) => ({ item_id: request.params.item_id, q: request.query.q ?? null }),
);

const line = object({ sku: string, quantity: integer, price: number });
const lines = { type: "array", items: line };

fastify.post(
  "/orders",
  {
    schema: {
      body: object({ customer: string, lines, note: nullableString }, ["customer", "lines"]),
      response: { 200: object({ order_id: integer, customer: string, total: number, lines }) },
    },
  },
  async (request) => {
    const order = request.body;
    const total = order.lines.reduce((sum, line) => sum + line.quantity * line.price, 0);
    return { order_id: 17, customer: order.customer, total, lines: order.lines };
  },
);

// Fastify's way to a dependency: a hook that decorates the request, and one that runs after the answer.
fastify.decorateRequest("session", null);
fastify.get(
  "/page",
  {
    schema: {
      querystring: object({ skip: { ...integer, default: 0 }, limit: { ...integer, default: 10 } }, []),
      response: { 200: object({ skip: integer, limit: integer, session: string }) },
    },
    preHandler: async (request) => {
      request.session = { state: "open" };
    },
    onResponse: async (request) => {
      request.session.state = "closed";
    },
  },
  async (request) => ({ skip: request.query.skip, limit: request.query.limit, session: request.session.state }),
);

// Large bodies, in pieces: Fastify hands the stream over when a parser of the type says so.
fastify.addContentTypeParser("application/octet-stream", { bodyLimit: 1 << 30 }, (request, payload, done) => {
  done(null, payload);
});
fastify.post("/upload", { bodyLimit: 1 << 30, schema: { response: { 200: object({ bytes: integer }) } } }, async (request) => {
  let bytes = 0;
  for await (const piece of request.body) bytes += piece.length;
  return { bytes };
});

fastify.get("/download/:megabytes", { schema: { params: object({ megabytes: integer }) } }, async (request, reply) => {
  function* pieces() {
    for (let left = request.params.megabytes * 16; left > 0; left--) yield Buffer.alloc(65536, "x");
  }
  return reply.type("application/octet-stream").send(Readable.from(pieces(), { objectMode: false }));
});

if (work === "middleware") {
  fastify.register(require("@fastify/cors"), { origin: ["https://example.org"] });
  fastify.addHook("onSend", async (request, reply) => {
    reply.header("x-room", "hall");
  });
}

if (work.startsWith("routes")) {
  const schema = {
    params: object({ item_id: integer }),
    response: { 200: object({ room: integer, item_id: integer }) },
  };
  for (let room = 0; room < Number(work.slice("routes".length)); room++) {
    fastify.get(`/room-${room}/items/:item_id`, { schema }, async (request) => ({
      room,
      item_id: request.params.item_id,
    }));
  }
}

fastify.listen({ host: "127.0.0.1", port }).catch((error) => {
  console.error(error);
  process.exit(1);
});

/**
 * Express, unchanged: tsgi serve examples/express.ts --fastcgi unix:/tmp/express.sock
 * @module
 */
import express from "express";
import { fromNode } from "tsgi";

const app = express();

// `req.ip` and `req.secure` are the client's without "trust proxy": REMOTE_ADDR and HTTPS, which no client can send.
app.get("/", (req, res) => {
  res.send(`<!doctype html><title>tsgi</title><h1>Hello from Express</h1><p>You are ${req.ip}.</p>\n`);
});

app.get("/hello/:name", (req, res) => {
  res.json({ hello: req.params.name, client: req.ip, secure: req.secure });
});

app.post("/shout", express.text(), (req, res) => {
  res.type("text").send(String(req.body).toUpperCase());
});

export const application = fromNode(app);

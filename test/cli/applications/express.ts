import express from "express";

export const application = express();
application.get("/where/:id", (request, response) => void response.send(`express ${request.params.id}`));

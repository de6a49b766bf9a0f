import { index, route } from "@react-router/dev/routes";

export default [
  index("routes/front-page.jsx"),
  route("items/:id", "routes/item.jsx"),
  route("echo", "routes/echo.js"),
];

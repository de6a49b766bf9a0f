import { json } from "@sveltejs/kit";

export async function POST({ request }) {
  const { word } = await request.json();
  return json({ echoed: word, url: request.url }, { status: 201 });
}

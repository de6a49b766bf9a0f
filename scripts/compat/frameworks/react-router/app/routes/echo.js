export async function action({ request }) {
  const { word } = await request.json();
  return Response.json({ echoed: word, url: request.url }, { status: 201 });
}

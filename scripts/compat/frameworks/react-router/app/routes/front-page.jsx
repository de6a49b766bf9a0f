import { Form } from "react-router";

export async function action({ request }) {
  const word = (await request.formData()).get("word");
  return new Response(null, { status: 303, headers: { Location: "/", "Set-Cookie": `word=${word}` } });
}

export default function FrontPage() {
  return (
    <>
      <h1>The front page</h1>
      <Form method="post">
        <input name="word" />
      </Form>
    </>
  );
}

export const actions = {
  default: async ({ request, cookies }) => {
    const word = (await request.formData()).get("word");
    cookies.set("word", word, { path: "/" });
    return { word };
  },
};

export default function Page() {
  return <h1>The front page</h1>;
}

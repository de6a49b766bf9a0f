document.title = "Astro behind a gateway";

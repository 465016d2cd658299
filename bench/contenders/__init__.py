"""Other ways to make the same pages: Hugo, Eleventy, a plain Jinja2 loop, a program in C."""

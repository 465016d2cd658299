// Nothing but the pages: no collections to sort, no other template languages to look for.
export default function (config) {
  config.setTemplateFormats("11ty.js");
  config.setUseGitIgnore(false);
  return { dir: { input: "input", output: "output" } };
}

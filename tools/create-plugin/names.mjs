/** What a plugin's parts are called, from its name: `my-board` is `myBoard` in code. */
export function namesOf(prefix, name) {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  // JavaScript's own words, and those that the made code uses
  const taken =
    /^(boot|class|const|default|delete|device|do|for|function|if|import|in|new|plugin|return|switch|test|this|try|var|void|while|with)$/;
  return {
    name,
    id: taken.test(camel) ? `${camel}Plugin` : camel,
    schema: `${camel}Schema`,
    pkg: `@basalt/${prefix}${name}`,
  };
}

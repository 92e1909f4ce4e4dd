// The page of errors, from the list of codes.
import ts from "typescript";

/** The page of the codes that the text of src/core/errors.ts lists. A code without a docstring is an error. */
export function errorsPage(text) {
  const source = ts.createSourceFile("errors.ts", text, ts.ScriptTarget.ES2022, true);
  const list = source.statements.find((statement) => statement.name?.text === "ErrorFields");
  return pageOf(list.members.map((member) => rowOf(member, source)));
}

function rowOf(member, source) {
  const [doc] = ts.getJSDocCommentsAndTags(member);
  const [received, sure] = member.type.typeArguments ?? [];
  const always = sure ? sure.getText(source).replaceAll('"', "").split(" | ") : [];
  const sentence = ts.getTextOfJSDocComment(doc?.comment)?.replace(/\s+/g, " ");
  if (!sentence) throw new Error(`src/core/errors.ts: the code ${member.name.text} has no docstring`);
  const type = received?.getText(source).replaceAll("readonly ", "").replace(" | undefined", "") ?? "unknown";
  return [
    `\`${member.name.text}\``,
    sentence,
    `\`${type.replaceAll("|", "\\|")}\``,
    always.map((name) => `\`${name}\``).join(", "),
  ];
}

const pageOf = (rows) => `<!-- written by npm run errors from src/core/errors.ts -->
# Errors

Every error that the library throws on purpose is a \`SightlineError\`: a \`code\` for programs, a \`message\` for readers that says what
came, what was expected and what to do next, and these parts as fields of their own (\`received\`, \`expected\`, \`next\`). The command
line prints the message and exits with 1 (130 when cancelled); with \`--json\` it prints the fields.

\`\`\`ts
import { isSightlineError } from "sightline";

try {
  model.classIndex("tigre cat");
} catch (error) {
  if (!isSightlineError(error, "unknown-label")) throw error;
  console.log(error.received, error.next);      // tigre cat did you mean 'tiger cat'?
}
\`\`\`

\`isSightlineError(error)\` without codes narrows to all of them, so that \`switch (error.code)\` narrows the fields.

| code | what it means | type of \`received\` | always there |
| --- | --- | --- | --- |
${rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}
`;

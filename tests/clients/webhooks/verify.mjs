// Reads one delivery from standard input and says what the libraries of receivers think of it. Run by the server's tests.
import { HTTP } from "cloudevents";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { text } from "node:stream/consumers";

const question = JSON.parse(await text(process.stdin));
const body = Buffer.from(question.bodyBase64, "base64");

function accepts(Library, secret) {
  try {
    new Library(secret).verify(body.toString("utf8"), question.headers);
    return true;
  } catch (refused) {
    if (!/signature/i.test(refused.message)) throw refused;
    return false;
  }
}

const answer = {
  signatures: question.secrets.map((secret) => ({
    standardwebhooks: accepts(Standard, secret),
    svix: accepts(Svix, secret),
  })),
};
if (question.asEvent) {
  // Throws when it is no valid event.
  answer.event = HTTP.toEvent({ headers: question.headers, body: body.toString("utf8") }).toJSON();
}
process.stdout.write(JSON.stringify(answer));

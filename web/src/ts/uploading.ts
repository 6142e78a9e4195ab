// One file goes to the box, with its progress. XMLHttpRequest, for fetch tells none.
import { csrf } from "./server";
import { say } from "./texts";

interface Answered {
  data?: { id: string };
  errors?: { detail: string }[];
}

/** The id of the kept file. Rejects with an Error whose message is a sentence for the person. `share` is 0 to 1. */
export function send(file: File, progress: (share: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress(event.loaded / event.total); });
    request.addEventListener("error", () => reject(new Error(say("The box does not answer. Nothing was changed; try again in a moment."))));
    request.addEventListener("load", () => {
      const answer = parsed(request.responseText);
      if (request.status === 201 && answer.data) resolve(answer.data.id);
      else reject(new Error((answer.errors ?? []).map((e) => e.detail).join(" ") || say("Something went wrong. Nothing was changed.")));
    });
    const form = new FormData();
    form.append("file", file);
    request.open("POST", "/api/files");
    request.setRequestHeader("X-CSRF-Token", csrf());
    request.send(form);
  });
}

function parsed(text: string): Answered {
  try {
    return JSON.parse(text) as Answered;
  } catch {
    return {}; // a proxy's page, perhaps
  }
}

// A member who is signed in on the web: a cookie, and the token of the form they fill in.

export class Member {
  #cookies = new Map();

  /** Signs in by the page for it. */
  static async signIn(caucus, handle, password) {
    const member = new Member();
    member.base = caucus.base;
    const page = await member.page("/sign-in");
    const token = page.match(/name="form_token" value="([^"]+)"/)[1];
    const answer = await member.#send("/sign-in", {
      method: "POST",
      body: new URLSearchParams({ form_token: token, handle, password, next: "/" }),
    });
    if (answer.status !== 303) throw new Error(`signing in was answered ${answer.status}`);
    return member;
  }

  /** The HTML of a page. */
  async page(path) {
    const answer = await this.#send(path, {});
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
    return answer.text();
  }

  /** Fills in the form of a page that goes to an address matching `action`. */
  async submit(path, action) {
    const page = await this.page(path);
    const token = page.match(/name="form_token" value="([^"]+)"/)[1];
    const [, address] = page.match(new RegExp(`action="(${action})"`));
    const answer = await this.#send(address, { method: "POST", body: new URLSearchParams({ form_token: token }) });
    if (answer.status !== 303) throw new Error(`${address} was answered ${answer.status}`);
  }

  /** Confirms the token that a steward made for them; it has no voice before. */
  async confirmToken() {
    await this.submit("/account", "/account/tokens/[^/]+/confirm");
  }

  async #send(path, init) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { accept: "text/html", origin: this.base, ...(cookie ? { cookie } : {}) };
    const answer = await fetch(`${this.base}${path}`, { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      this.#cookies.set(name, value);
    }
    return answer;
  }
}

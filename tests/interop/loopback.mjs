// Keeps every request of this run on this machine. Fedify asks for handles over https only; peers
// on the loopback address speak plain http, so that one word of the address is changed here.

const plainFetch = globalThis.fetch;

globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (!/^127\.\d+\.\d+\.\d+$/.test(url.hostname)) {
    return Promise.reject(new TypeError(`${url.hostname} is not on this machine`));
  }
  if (url.protocol !== "https:") return plainFetch(input, init);
  url.protocol = "http:";
  return plainFetch(input instanceof Request ? new Request(url, input) : url, init);
};

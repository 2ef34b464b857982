// The walk: what people do, in order.

/** From the empty server to a decided question. */
export async function walk(caucus, enter) {
  const ada = await enter("ada");
  await ada.open("/");
}

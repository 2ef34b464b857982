/** A member votes on an amendment from the peer's server. */
export async function ballot() {}

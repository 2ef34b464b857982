/** Two instances of the program federate with each other. */
export async function twoInstances() {}

/**
 * Classes that are recognised in every module graph. Next loads a module once for pages and once for routes, and both
 * share one set of services: an error or a secret made in one graph must be known as such in the other, where the class
 * is another object. A global symbol on the instances says what they are.
 */
export const brandOf = (name: string): symbol => Symbol.for(`slipway.${name}`);
export const isBranded = (value: unknown, brand: symbol): boolean =>
  typeof value === 'object' && value !== null && brand in value;
